// The way back of what was just done goes after ten seconds.
const ways = document.querySelectorAll("#toasts form.undo");
if (ways.length) setTimeout(() => ways.forEach((way) => way.remove()), 10_000);

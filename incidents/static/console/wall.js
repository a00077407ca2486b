// The wall asks for its numbers again and again, and says when they are old.
const EVERY = 10_000; // ms between two questions
const stamp = document.getElementById("stamp");
let fresh = Date.now();

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(EVERY) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const numbers = page.getElementById("numbers");
    if (!answer.ok || !numbers) throw new Error(String(answer.status)); // logged out, or away
    document.getElementById("numbers").replaceWith(document.adoptNode(numbers));
    stamp.querySelector("time").replaceWith(document.adoptNode(page.querySelector("#stamp time")));
    fresh = Date.now();
  } catch {
    // the next question may be answered
  }
  const late = Date.now() - fresh > 3 * EVERY;
  stamp.classList.toggle("late", late);
  stamp.querySelector("span").textContent = late ? stamp.dataset.late : "";
}

setInterval(renew, EVERY);

// The link to a draft carries its secret after the #, which no browser sends: post it instead.
const secret = location.hash.slice(1);
if (secret) {
  history.replaceState(null, "", location.pathname);
  const box = document.getElementById("f-cle");
  box.value = secret;
  box.form.requestSubmit();
}

// The wait page: finds the number that it asks for, then goes on by itself. SHA-256 of one block,
// here and not by crypto.subtle, whose answers each cost more than the hash.
const form = document.getElementById("effort");
const status = form.querySelector("[data-working]");
const bits = Number(form.dataset.bits);

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const part = (root) => ((root % 1) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (p) => part(Math.cbrt(p)));
const H = Int32Array.from(primes.slice(0, 8), (p) => part(Math.sqrt(p)));
const w = new Int32Array(64);
const turn = (x, n) => (x >>> n) | (x << (32 - n));

// The first 32 bits of the hash of an ASCII text of 55 characters at most.
function hash(text) {
  w.fill(0, 0, 16);
  for (let i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  w[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  w[15] = 8 * text.length;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = H;
  for (let i = 0; i < 64; i++) {
    const s = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const t = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = (d + s) | 0; d = c; c = b; b = a; a = (s + t) | 0;
  }
  return (a + H[0]) >>> 0;
}

let number = 0;
function work() {
  const until = performance.now() + 40; // then the page may breathe
  do {
    if (hash(form.dataset.start + number) >>> (32 - bits) === 0) {
      form.elements.travail.value = number;
      form.submit();
      return;
    }
    number += 1;
  } while (number % 256 || performance.now() < until);
  setTimeout(work);
}

status.textContent = status.dataset.working;
work();

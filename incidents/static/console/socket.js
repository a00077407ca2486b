// The console's socket: one connection that says when it is lost, and comes back by itself.
// It knows cursors and heartbeats; what an item means is its owner's business.

export const frames = new EventTarget(); // "ev" and "told", for who listens along
export const connected = () => connections > 0;

let connections = 0;
const SILENCE = 25_000; // ms without a frame: the connection is dead whatever the browser thinks
const LONGEST = 30_000; // ms between two tries
const ENDED = 4401; // rights or session ended
const BLOCKED = 3; // sockets that gave nothing, one after the other: each try asks for all rows instead

/**
 * Keep a console connected.
 * `start()` fetches where to begin and returns {epoch, after}, or throws; `on` has items(items),
 * digest(hex or null), who(frame), state(name, seconds): "trying", "live", "lost" or "ended".
 */
export function connect(start, on) {
  connections += 1;
  let socket, cursor, epoch, silence, retry, beginning;
  let tries = 0;
  let refused = 0; // sockets that gave nothing, since the last frame
  let fresh = false; // where to begin is known
  let asked = false; // a hello has no answer yet: what comes was sent before it

  const address = new URL("/ws/console/", location.href);
  address.protocol = address.protocol.replace("http", "ws");

  async function begin() {
    if (beginning) return;
    clearTimeout(retry);
    beginning = true;
    on.state("trying");
    try {
      if (!fresh) {
        ({ epoch, after: cursor } = await start());
        fresh = true;
      }
      if (socket?.readyState === WebSocket.OPEN) hello();
      else open();
    } catch (error) {
      if (error.ended) on.state("ended");
      else later();
    } finally {
      beginning = false;
    }
  }

  function open() {
    const mine = (socket = new WebSocket(address));
    refused += 1;
    mine.onopen = hello;
    mine.onmessage = (event) => mine === socket && take(JSON.parse(event.data));
    mine.onclose = (event) => {
      if (mine !== socket) return;
      socket = undefined;
      clearTimeout(silence);
      if (event.code === ENDED) fresh = false; // the snapshot tells whether anybody is logged in
      later();
    };
    listen();
  }

  function hello() {
    asked = true;
    send({ t: "hello", epoch, after: cursor });
    listen();
  }

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(drop, SILENCE);
  }

  function drop() {
    const old = socket;
    socket = undefined;
    old?.close();
    later();
  }

  function later() {
    if (refused >= BLOCKED) fresh = false;
    const wait = Math.min(LONGEST, 1000 * 2 ** tries) * (0.75 + Math.random() / 2);
    tries += 1;
    on.state("lost", Math.ceil(wait / 1000));
    clearTimeout(retry);
    retry = setTimeout(begin, wait);
  }

  function again() { // from a new snapshot
    fresh = false;
    begin();
  }

  function take(frame) {
    refused = 0;
    listen();
    if (frame.t === "ev") {
      if (frame.prev !== cursor) return asked || again();
      asked = false;
      on.items(frame.items);
      frames.dispatchEvent(new CustomEvent("ev", { detail: frame.items }));
      cursor = frame.next;
      tries = 0;
      on.state("live");
    } else if (frame.t === "hb" && !asked) {
      cursor = frame.next;
      if (on.digest(frame.digest) === false) again();
    } else if (frame.t === "reset") again();
    else if (frame.t === "who") on.who?.(frame);
    else if (frame.t === "told") frames.dispatchEvent(new Event("told"));
    else if (frame.t === "err" && frame.code === "unavailable") drop();
  }

  function send(frame) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  addEventListener("online", begin);
  begin();
  return { send };
}

// A socket of the staff's pages that tells what has changed, and comes back by itself.

const AGAIN_MS = [500, 1000, 2000, 4000, 8000];

// `tell` gets each message; `closed` gets the close code, and answers false when there is nothing to come back to.
export function live(path, tell, closed, missed = 0) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
  let tries = missed;
  socket.addEventListener("message", ({ data }) => {
    tries = 0;
    tell(JSON.parse(data));
  });
  socket.addEventListener("close", ({ code }) => {
    if (closed(code) !== false) setTimeout(live, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)], path, tell, closed, tries + 1);
  });
}

// What a page without words of its own does when its operator is signed out: it is loaded again, and leads to the sign-in.
export function signedOut(code) {
  if (code !== 1008) return true;
  location.reload();
  return false;
}

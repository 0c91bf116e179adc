// A live channel for a page without a server behind it: says hello, then what it is given.
export async function stubLive(page, { cursor = "stub" } = {}) {
  const sockets = [];
  await page.routeWebSocket(/\/live\?/, (socket) => {
    sockets.push(socket);
    socket.send(JSON.stringify({ type: "hello", city: "x", cursor, recovered: true }));
  });
  return {
    sockets,
    send(events, at = cursor) {
      for (const socket of sockets) socket.send(JSON.stringify({ type: "batch", cursor: at, events }));
    },
  };
}

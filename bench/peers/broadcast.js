// A peer: the broadcast of the `ws` package's own documentation. Posts come in by line.
import { createServer } from "node:http";
import { createServer as createDoor } from "node:net";
import { WebSocketServer, WebSocket } from "ws";

const http = createServer();
const readers = new WebSocketServer({ server: http, perMessageDeflate: false });

const door = createDoor((publisher) => {
  let rest = "";
  publisher.setEncoding("utf8");
  publisher.on("data", (come) => {
    const lines = (rest + come).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const post = Buffer.from(line);
      for (const reader of readers.clients) {
        if (reader.readyState === WebSocket.OPEN) reader.send(post, { binary: false });
      }
    }
  });
});

http.listen(0, "127.0.0.1", () => {
  door.listen(0, "127.0.0.1", () => {
    const at = (server) => `127.0.0.1:${server.address().port}`;
    console.log(JSON.stringify({ live: at(http), door: at(door) }));
  });
});

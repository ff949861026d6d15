// A socket.io server at its best: WebSocket only, no compression, nothing else to do.
// Speaks lines on stdin/stdout: each payload that comes in is emitted to all sockets.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  pingInterval: 300_000,
  pingTimeout: 300_000,
});

http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));

createInterface({ input: process.stdin }).on("line", (line) => {
  const payload = JSON.parse(line);
  const began = process.hrtime.bigint(); // CLOCK_MONOTONIC, as the clients read it
  io.emit("event", payload);
  console.log(JSON.stringify({ began: Number(began), sockets: io.engine.clientsCount }));
});

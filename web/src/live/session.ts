// The live WebSocket of a page: joins, resumes by cursor, backs off. The only file that opens a socket.
import { FAILURES_BEFORE_POLLING, afterClose, delayMs } from "./reconnect";

export interface LiveEvent {
  op: "post" | "update" | "remove";
  id: string;
  position?: number;
  html?: string;
}

export interface SessionHandlers {
  /** Joined; what follows continues without a hole. */
  joined(): void;
  /** The log no longer reaches our cursor: the page must be read again. Gives the new page's cursor. */
  lost(): Promise<string | null>;
  events(events: LiveEvent[]): void;
  /** The connection has ended; `polling` when the page should be polled meanwhile. */
  cut(polling: boolean): void;
  /** The city is gone. */
  closed(): void;
}

export class LiveSession {
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #wanted = false;

  constructor(
    private readonly url: URL,
    public cursor: string,
    private readonly handlers: SessionHandlers,
  ) {}

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  stop(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#hangUp();
  }

  /** Tries now instead of at the end of the wait: the browser says that the network is back. */
  retryNow(): void {
    if (!this.#wanted || this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #connect(): void {
    // One socket at most: while the page is read again, `retryNow` may have opened one already.
    clearTimeout(this.#timer);
    this.#hangUp();
    const address = new URL(this.url);
    if (this.cursor) address.searchParams.set("cursor", this.cursor);
    let socket: WebSocket;
    try {
      socket = new WebSocket(address);
    } catch {
      return this.#again(1006);
    }
    this.#socket = socket;
    socket.addEventListener("message", (message) => {
      if (this.#socket === socket) void this.#receive(message.data);
    });
    // Errors are always followed by close; one handler is enough.
    socket.addEventListener("close", (end) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#again(end.code);
    });
  }

  async #receive(data: unknown): Promise<void> {
    const message = readMessage(data);
    if (message?.type === "hello") {
      this.#failures = 0;
      if (message.recovered) {
        this.cursor = message.cursor;
        this.handlers.joined();
      } else {
        // The page is read again first; the session then begins anew at that page's cursor, so nothing falls between.
        this.#hangUp();
        const cursor = await this.handlers.lost();
        if (cursor) this.cursor = cursor;
        this.#failures = cursor ? 0 : this.#failures + 1;
        this.#again(1006);
      }
    } else if (message?.type === "batch") {
      this.handlers.events(message.events);
      this.cursor = message.cursor;
    }
  }

  #again(code: number): void {
    if (!this.#wanted) return;
    const after = afterClose(code);
    if (after === "never") {
      this.#wanted = false;
      return this.handlers.closed();
    }
    this.handlers.cut(this.#failures >= FAILURES_BEFORE_POLLING);
    this.#timer = setTimeout(() => this.#connect(), delayMs(this.#failures, after, Math.random));
    this.#failures += 1;
  }
}

type Message =
  | { type: "hello"; cursor: string; recovered: boolean }
  | { type: "batch"; cursor: string; events: LiveEvent[] };

/** Null for what we don't know: newer servers may say more. */
function readMessage(data: unknown): Message | null {
  if (typeof data !== "string") return null;
  try {
    const message = JSON.parse(data) as Message;
    return message.type === "hello" || message.type === "batch" ? message : null;
  } catch {
    return null;
  }
}

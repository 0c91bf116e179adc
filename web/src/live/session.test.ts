import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveSession, type SessionHandlers } from "./session";

/** A socket that says what it is told to, and remembers whether it was closed. */
class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  open = true;

  constructor(readonly url: URL) {
    super();
    FakeSocket.all.push(this);
  }

  close(): void {
    this.open = false;
  }

  says(message: object): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }
}

const openSockets = () => FakeSocket.all.filter((socket) => socket.open);

describe("a live session", () => {
  beforeEach(() => {
    FakeSocket.all = [];
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("d5 has one socket, whoever tries again while the page is read anew", async () => {
    let pageIsRead = (_cursor: string): void => undefined;
    const handlers: SessionHandlers = {
      joined: vi.fn(),
      lost: () => new Promise((resolve) => (pageIsRead = resolve)),
      events: vi.fn(),
      cut: vi.fn(),
      closed: vi.fn(),
    };
    const session = new LiveSession(new URL("wss://parvis.example/live"), "old", handlers);
    session.start();
    FakeSocket.all[0]?.says({ type: "hello", recovered: false, cursor: "x" });
    session.retryNow();
    expect(openSockets()).toHaveLength(1);
    pageIsRead("new");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(openSockets()).toHaveLength(1);
    expect(openSockets()[0]?.url.searchParams.get("cursor")).toBe("new");
    session.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(openSockets()).toHaveLength(0);
  });
});

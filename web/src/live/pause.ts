// The reader's wish that nothing new is shown, remembered in this browser alone.

const KEY = "parvis.paused";

export function readPause(): boolean {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false; // storage refused: the pause then lasts as long as the page
  }
}

export function writePause(paused: boolean): void {
  try {
    if (paused) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

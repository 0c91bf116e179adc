// The few words that only exist once a page lives; all others come from the server (web/i18n).
// Numbers, plurals and dates are the browser's own (`Intl`).

export type Language = "fr" | "en";

export type FeedState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "polling" }
  | { kind: "offline"; since: Date }
  | { kind: "closed" };

const FR = {
  pause: "Mettre en pause",
  resume: "Reprendre",
  paused: "En pause",
  connecting: "Connexion en cours",
  live: "En direct",
  polling: "Mis à jour toutes les 30 secondes",
  closed: "Cette place est fermée",
  offline: (time: string) => `Hors ligne depuis ${time}`,
  fresh: (n: number) => (n < 2 ? `${n} nouveau message` : `${n} nouveaux messages`),
  replies: (n: number) => (n < 2 ? `${n} réponse` : `${n} réponses`),
  folded: (n: number) => (n < 2 ? "Une autre info automatique" : `${n} autres infos automatiques`),
  located: (n: number) =>
    n === 0
      ? "Aucun des messages affichés n’est situé dans un quartier."
      : n === 1
        ? "1 des messages affichés est situé dans un quartier."
        : `${n} des messages affichés sont situés dans un quartier.`,
  removed: "Un message a été retiré par son auteur ou par la place.",
  today: "Aujourd’hui",
  yesterday: "Hier",
};

const EN: typeof FR = {
  pause: "Pause",
  resume: "Resume",
  paused: "Paused",
  connecting: "Connecting",
  live: "Live",
  polling: "Updated every 30 seconds",
  closed: "This square is closed",
  offline: (time) => `Offline since ${time}`,
  fresh: (n) => (n === 1 ? "1 new post" : `${n} new posts`),
  replies: (n) => (n === 1 ? "1 reply" : `${n} replies`),
  folded: (n) => (n === 1 ? "One more automatic item" : `${n} more automatic items`),
  located: (n) =>
    n === 0
      ? "None of the posts shown is placed in a neighbourhood."
      : n === 1
        ? "1 of the posts shown is placed in a neighbourhood."
        : `${n} of the posts shown are placed in a neighbourhood.`,
  removed: "A post was removed by its author or by the square.",
  today: "Today",
  yesterday: "Yesterday",
};

export type Words = typeof FR;

export function wordsIn(language: Language): Words {
  return language === "en" ? EN : FR;
}

/** The line that says what the feed is doing; times are of the city. */
export function stateLine(state: FeedState, paused: boolean, language: Language, timeZone: string): string {
  const words = wordsIn(language);
  if (state.kind === "offline") {
    const time = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "fr", { timeStyle: "short", timeZone });
    return words.offline(time.format(state.since));
  }
  if (state.kind === "closed") return words.closed;
  return paused ? words.paused : words[state.kind];
}

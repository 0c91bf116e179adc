// Upgrades what the server rendered. Every page works without this file.
import "../styles/main.css";
import { TimeChart } from "./chart/time_chart";
import { LiveFeed } from "./live/live_feed";
import { FeedMap } from "./map/feed_map";

document.documentElement.classList.remove("no-js");
customElements.define("live-feed", LiveFeed);
customElements.define("feed-map", FeedMap);
customElements.define("time-chart", TimeChart);

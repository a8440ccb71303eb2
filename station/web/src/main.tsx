import { render } from "preact";
import { App } from "./app";
import { applyLanguage } from "./i18n";
import { startLive } from "./live";
import { lockOnIdle, resumeSession } from "./session";
import { applyTheme } from "./theme";
import "./themes.css";
import "./frame.css";
import "./parts.css";
import "./pages.css";

applyTheme();
applyLanguage();
lockOnIdle();
void resumeSession().then(() => startLive(""));
const root = document.getElementById("app");
if (root) render(<App />, root);

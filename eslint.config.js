// The rules of the widgets' JavaScript: short functions, nothing unused, and no text that is read as markup or code.
import * as common from "./src/bertgpt/book/widgets/common.js";
import * as engine from "./src/bertgpt/book/widgets/engine/client.js";
import * as masks from "./src/bertgpt/book/widgets/masks.js";
import * as live from "./src/bertgpt/book/widgets/live.js";
import * as plane from "./src/bertgpt/book/widgets/plane.js";
import * as storage from "./src/bertgpt/book/widgets/storage.js";
import * as play from "./src/bertgpt/book/widgets/play.js";

const readonly = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));
const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "createContextualFragment", "srcdoc"];
const message = "No text becomes markup: build elements with h().";

export default [
  {
    files: ["**/*.js"],
    languageOptions: { globals: readonly(["document", "queueMicrotask"]) }, // whoever needs more says so here
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true },
    rules: {
      "max-lines-per-function": ["error", { max: 60 }],
      "no-unused-vars": "error",
      "no-undef": "error",
      "no-redeclare": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": ["error", ...MARKUP.map((property) => ({ property, message })),
        ...["write", "writeln"].map((property) => ({ object: "document", property, message }))],
    },
  },
  {
    files: ["src/bertgpt/book/widgets/*.js"],
    ignores: ["**/common.js"],
    languageOptions: { globals: readonly(Object.keys(common)) }, // common.js stands before each of them
  },
  {
    files: ["**/mask_explorer.js"],
    languageOptions: { globals: readonly(Object.keys(masks)) }, // and masks.js between them
  },
  {
    files: ["**/mask_live.js"],
    languageOptions: { globals: readonly([...Object.keys(live), "openEngine", "newest"]) },
  },
  {
    files: ["**/mask_rate.js"],
    languageOptions: { globals: readonly(["readable", "spaced", "port", "ownText", "oneByOne", "newest", "MODEL_SIZE"]) },
  },
  {
    files: ["**/mask_explorer.js"],
    languageOptions: { globals: { wholePasses: "readonly" } }, // mask_live.js, where it stands before it
  },
  {
    files: ["**/query_explorer.js"],
    languageOptions: { globals: readonly(Object.keys(plane)) },
  },
  {
    files: ["tools/**/*.js"],
    languageOptions: { sourceType: "script", globals: readonly(["scrollX", "scrollY", "setTimeout", "clearTimeout", "ResizeObserver"]) },
  },
  {
    files: ["**/token_strips.js", "**/cutting.js"],
    languageOptions: { globals: readonly([...Object.keys(live), "newest", "TextEncoder", "TextDecoder", "framedRows"]) },
  },
  {
    files: ["**/live.js", "**/hybrid.js", "**/playground_live.js", "**/sampling_playground.js", "**/*hacks*.js",
      "**/*desk*.js", "**/head*.js"],
    languageOptions: { globals: readonly([...Object.keys(live), "openEngine", "newest", "performance", "TextEncoder",
      "lookOf", "drawId", "cost", "liveWriter", "ownBeginning", "ownPrompt", "ownStates", "poolRows"]) },
  },
  {
    files: ["**/play.js"],
    languageOptions: { globals: readonly(["matchMedia", "setTimeout", "clearTimeout"]) },
  },
  {
    files: ["**/cheat_switch.js", "**/leak_meter.js"],
    languageOptions: { globals: readonly(Object.keys(play)) },
  },
  {
    files: ["**/storage.js"],
    languageOptions: { globals: readonly(["localStorage", "location", "CustomEvent"]) },
  },
  {
    files: ["**/predict.js", "**/quiz.js", "**/course_test.js", "tools/sphinx_ext/reading.js"], // behind storage.js
    languageOptions: { globals: readonly(Object.keys(storage)) },
  },
  {
    files: ["tools/sphinx_ext/reading.js"],
    languageOptions: { globals: readonly(["location", "addEventListener"]) },
  },
  {
    files: ["**/pair.js", "**/mask_explorer.js"], // behind client.js and live.js
    languageOptions: { globals: readonly([...Object.keys(engine), ...Object.keys(live)]) },
  },
  {
    files: ["**/engine/*.js"], // modules that import one another, for a worker; client.js alone stands in the page, behind common.js
    languageOptions: { globals: readonly(["TextDecoder", "DecompressionStream", "Blob", "Response", "WebAssembly"]) },
  },
  {
    files: ["**/engine/worker.js"],
    languageOptions: { globals: { ...readonly(["atob", "postMessage", "Tokenizer"]), onmessage: "writable" } },
  },
  {
    files: ["**/engine/client.js"],
    languageOptions: { globals: readonly([...Object.keys(common), "URL", "Worker", "setTimeout", "clearTimeout"]) },
  },
];

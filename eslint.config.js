// The rules of the JavaScript: short functions, nothing unused, and no text that is read as markup or code.

// What a browser gives a script, as far as these use it; all else is imported.
const BROWSER = ["addEventListener", "atob", "Blob", "clearTimeout", "confirm", "CSS", "CustomEvent",
  "DecompressionStream", "document", "IntersectionObserver", "localStorage", "location", "matchMedia", "performance", "postMessage",
  "queueMicrotask", "requestAnimationFrame", "ResizeObserver", "Response", "scrollX", "scrollY", "setTimeout", "TextDecoder", "TextEncoder",
  "TransformStream", "URL", "WebAssembly", "Worker"];
const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "createContextualFragment", "srcdoc"];
const message = "No text becomes markup: build elements with h().";

export default [
  {
    files: ["**/*.js"],
    languageOptions: { globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])) },
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true },
    rules: {
      "max-lines-per-function": ["error", { max: 60 }],
      "no-unused-vars": "error",
      "no-undef": "error",
      "no-redeclare": "error",
      "no-var": "error",
      "no-duplicate-imports": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": ["error", ...MARKUP.map((property) => ({ property, message })),
        ...["write", "writeln"].map((property) => ({ object: "document", property, message }))],
    },
  },
  // The search page has Sphinx's own Search.
  { files: ["**/static/search.js"], languageOptions: { globals: { DOMParser: "readonly", Search: "readonly" } } },
  // The two scripts that fetch.
  { files: ["**/engine/client.js"], languageOptions: { globals: { fetch: "readonly" } } },
  { files: ["**/engine/real/client.js"], languageOptions: { globals: Object.fromEntries(
    ["AbortController", "crypto", "fetch", "navigator"].map((name) => [name, "readonly"])) } },
];

// What `dev.py check` holds the pages' scripts to.

const BROWSER = [
  ...["CSS", "Event", "FormData", "Intl", "ResizeObserver", "URLSearchParams", "XMLHttpRequest"],
  ...["clearTimeout", "crypto", "document", "fetch", "localStorage", "location", "navigator"],
  ...["performance", "requestAnimationFrame", "setInterval", "setTimeout"],
];

export default [
  {
    files: ["web/static/**/*.js"],
    languageOptions: {
      sourceType: "module",
      globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      complexity: ["error", 12],
      "consistent-this": "error",
      eqeqeq: "error",
      "max-lines-per-function": ["error", 60],
      "no-cond-assign": "error",
      "no-const-assign": "error",
      "no-dupe-class-members": "error",
      "no-dupe-keys": "error",
      "no-fallthrough": "error",
      "no-implicit-globals": "error",
      "no-import-assign": "error",
      "no-shadow": "error",
      "no-undef": "error",
      "no-unreachable": "error",
      "no-unused-private-class-members": "error",
      "no-unused-vars": ["error", { varsIgnorePattern: "^_$" }],
      "no-use-before-define": ["error", { functions: false, classes: false }],
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "use-isnan": "error",
      "valid-typeof": "error",
    },
  },
];

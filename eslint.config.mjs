import js from "@eslint/js";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["build/**", "client-vscode/dist/**", ".venv/**"] },
  js.configs.recommended,
  {
    files: ["client-vscode/src/**/*.ts"],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "client-vscode/tsconfig.json" } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: Object.fromEntries(["process", "console", "fetch", "setTimeout"].map((name) => [name, "readonly"])) } },
);

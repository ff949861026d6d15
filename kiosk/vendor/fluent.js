export * from "./fluent/index.js";

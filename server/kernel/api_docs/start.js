// @ts-check
// The readable page of the API. "Try it out" uses the session of the admin pages.

/** @type {any} */ (globalThis).SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
});

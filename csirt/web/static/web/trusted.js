// The policy of Trusted Types for the console: htmx may insert the HTML that our own server sent.
// Scripts and script addresses made from text stay refused, as does any inline code (CSP).
if (globalThis.trustedTypes && !trustedTypes.defaultPolicy) {
  trustedTypes.createPolicy("default", { createHTML: (html) => html });
}

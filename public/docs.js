// Starts the viewer of the API's description.
window.ui = window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  // Nobody outside is asked whether the description is valid.
  validatorUrl: null,
});

// One page for every API: a section per live service, each drawn from the document the service itself serves.
"use strict";

function draw(service) {
  const link = document.createElement("a");
  link.href = `#${service}`;
  link.textContent = service;
  document.getElementById("services").append(link);

  const section = document.createElement("section");
  section.id = service;
  document.getElementById("apis").append(section);
  SwaggerUIBundle({
    url: `/openapi/${service}.json`,
    domNode: section,
    presets: [SwaggerUIBundle.presets.apis],
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null, // would send the document to somebody else's server
  });
}

fetch("/docs/services.json")
  .then((response) => response.json())
  .then((services) => services.forEach(draw))
  .catch((error) => {
    const note = document.createElement("p");
    note.className = "failed";
    note.textContent = `The list of services could not be read: ${error.message}`;
    document.getElementById("apis").append(note);
  });

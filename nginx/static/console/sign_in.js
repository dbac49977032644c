// The form in front of everything, for those who come over the edge.
import { h } from "./dom.js";
import * as session from "./session.js";

export function form(done, said = "") {
  const problem = h("p", { className: "note bad", role: "alert", hidden: !said }, said);
  const email = h("input", { id: "email", type: "email", autocomplete: "username", required: true });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
  const button = h("button", { type: "submit", className: "main" }, "Sign in");

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    const refused = await session.signIn(email.value, password.value).catch(() => "The host cannot be reached from here.");
    password.value = "";
    button.disabled = false;
    if (!refused) return done();
    problem.textContent = refused;
    problem.hidden = false;
    password.focus();
  }

  queueMicrotask(() => email.focus());
  return h("form", { className: "card sign-in", onsubmit: submit, "aria-labelledby": "sign-in" },
    h("h1", { id: "sign-in" }, "Sign in"),
    h("p", { className: "muted" }, "The console is for admins of this host."),
    problem,
    h("label", { for: "email" }, "Email"), email,
    h("label", { for: "password" }, "Password"), password,
    button,
    h("details", {}, h("summary", {}, "Signing in is not possible?"),
      h("p", {}, "Whoever may log in to the host as root needs no password here, and no service that works:"),
      h("pre", {}, `ssh -L 9080:/run/longhouse-console/operator.sock root@${location.hostname}`),
      h("p", {}, "Then open ", h("code", {}, "http://localhost:9080/console"), ".")));
}

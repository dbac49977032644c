// Who is signed in. Tokens live in this module's memory alone: no storage, no cookie; a reload signs out.

let tokens = null;
let renewing = null;

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "omit",
  });
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  return { status: response.status, answer };
}

export function headers() {
  return tokens ? { Authorization: `Bearer ${tokens.access_token}` } : {};
}

// Returns null, or what to tell the person.
export async function signIn(email, password) {
  const { status, answer } = await post("/api/auth/login", { email, password });
  if (status !== 200) return answer.detail || answer.title || `Signing in is not possible right now (${status}).`;
  keep(answer);
  return null;
}

function keep(answer) {
  tokens = { ...answer, until: Date.now() + (answer.expires_in - 30) * 1000 };
}

// A refresh token works once, so two requests must not use it at the same time.
export async function renew() {
  if (!tokens) return false;
  renewing ??= post("/api/auth/refresh", { refresh_token: tokens.refresh_token })
    .then(({ status, answer }) => {
      if (status === 200) keep(answer);
      else if (status === 401) tokens = null;
      return status === 200;
    })
    .catch(() => false)
    .finally(() => { renewing = null; });
  return renewing;
}

export function isOld() {
  return tokens !== null && Date.now() > tokens.until;
}

export async function signOut() {
  const mine = headers();
  tokens = null;
  if (mine.Authorization) await fetch("/api/auth/logout", { method: "POST", headers: mine, credentials: "omit" }).catch(() => {});
}

// The console's own endpoints. Every failure becomes a Failure that says what happened in words.
import * as session from "./session.js";

export const PATIENCE_MS = 20000;

export class Failure extends Error {
  constructor(status, detail, id = "") {
    super(detail);
    this.status = status;
    this.id = id;
  }
}

export async function get(path, query = {}, signal = undefined) {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined));
  return ask(`/console/api/${path}${words.size ? `?${words}` : ""}`, {}, signal);
}

export async function change(method, path, body) {
  const headers = { "X-Longhouse-Console": "1", "Content-Type": "application/json" };
  return ask(`/console/api/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function ask(path, options, signal) {
  if (session.isOld()) await session.renew();
  let response = await once(path, options, signal);
  if (response.status === 401 && (await session.renew())) response = await once(path, options, signal);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Failure(response.status, answer?.detail || `The console's server answered ${response.status}.`, answer?.request_id);
}

async function once(path, options, signal) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(path, {
      ...options, headers: { ...options.headers, ...session.headers() }, credentials: "omit", cache: "no-store",
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (patience.aborted) throw new Failure(0, `The console's server did not answer within ${PATIENCE_MS / 1000} seconds.`);
    throw new Failure(0, "The host cannot be reached from here.");
  }
}

// @ts-check

/**
 * Why a request got no answer: browsers tell a script nothing about that.
 * @param {string} url
 * @returns {Promise<"offline" | "mixed" | "policy" | "unreachable" | "cors" | "cut">} with "cors", the server is there, but
 *   has another origin, which it must allow
 */
export async function reasonOf(url) {
  const { protocol, hostname, origin } = new URL(url);
  if (!navigator.onLine) return "offline";
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  if (self.origin.startsWith("https:") && protocol === "http:" && !isLocal) return "mixed";
  let isForbidden = false;
  const note = () => (isForbidden = true);
  addEventListener("securitypolicyviolation", note);
  try {
    // The answer to this cannot be read, so servers need not allow it.
    await fetch(url, { method: "HEAD", mode: "no-cors", credentials: "omit", cache: "no-store" });
    return origin === self.origin ? "cut" : "cors";
  } catch {
    await new Promise((next) => setTimeout(next)); // the event comes later
    return isForbidden ? "policy" : "unreachable";
  } finally {
    removeEventListener("securitypolicyviolation", note);
  }
}

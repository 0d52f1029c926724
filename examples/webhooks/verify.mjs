// Verify a webhook of Throughline in JavaScript (Node 18 or later), without any library.
// Reads the raw body from standard input and the three headers from the arguments; the secret from the environment.
import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_SECONDS = 300;
// The ids that have been handled: keep them for some days, in your database. A repeat has the same id.
const seen = new Set();

// Returns what to do with a request: "refuse" (answer 401), "repeat" (answer 204, do nothing), or the reference.
export function receive(body, headers, secret) {
  const id = headers["webhook-id"];
  const at = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= TOLERANCE_SECONDS)) return "refuse";
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const wanted = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  const signed = String(headers["webhook-signature"]).split(" ").some((each) => {
    const [version, signature] = each.split(",");
    const given = Buffer.from(signature ?? "", "base64");
    return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  if (!signed) return "refuse";
  if (seen.has(id)) return "repeat";
  seen.add(id);
  return JSON.parse(body).data.reference;
}

const [id, at, signature] = process.argv.slice(2);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const headers = { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature };
console.log(receive(Buffer.concat(chunks), headers, process.env.WEBHOOK_SECRET));

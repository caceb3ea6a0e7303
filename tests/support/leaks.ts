/** A text that was said or stored, and where. */
export interface FoundText {
  where: string
  text: string
}

/** The names of the secrets that are in texts, as they are or encoded, each with where it is. */
export function describeLeaks(found: readonly FoundText[], secrets: Record<string, string>): string[] {
  return found.flatMap(({ where, text }) =>
    Object.entries(secrets).flatMap(([name, secret]) => (isIn(text, secret) ? [`${name} in ${where}`] : [])),
  )
}

const isIn = (text: string, secret: string): boolean =>
  secret.length >= 8 &&
  [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
  ].some((form) => text.includes(form))

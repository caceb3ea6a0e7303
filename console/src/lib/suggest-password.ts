/** Letters and digits that nobody mistakes for another when reading one out: 31 of them. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
const groups = 4
const lettersAGroup = 5

/**
 * A password to hand over, such as `k7mwq-9xztb-h4csd-v2njr`: 20 letters of 31, 99 bits. `random` gives that many random
 * bytes (`crypto.getRandomValues`).
 */
export function suggestPassword(random: (bytes: number) => Uint8Array): string {
  // Bytes beyond the last whole round of the alphabet are left out: taken, they would favour its first letters.
  const usable = 256 - (256 % letters.length)
  let found = ''
  while (found.length < groups * lettersAGroup) {
    for (const byte of random(groups * lettersAGroup)) {
      if (byte < usable && found.length < groups * lettersAGroup) found += letters.charAt(byte % letters.length)
    }
  }
  return Array.from({ length: groups }, (_, group) =>
    found.slice(group * lettersAGroup, (group + 1) * lettersAGroup),
  ).join('-')
}

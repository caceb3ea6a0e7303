/** Bounds of a new password, in characters. */
export const newPassword = { charactersMin: 12, charactersMax: 256 } as const

const tenantNameCharactersMax = 200

/** For a form's `validate`: true, or why this cannot be a tenant's name. */
export function checkTenantName(name: string): string | true {
  if (name.trim() === '') return 'Enter a name.'
  return name.trim().length <= tenantNameCharactersMax || `${tenantNameCharactersMax} characters at most.`
}

/** Why an address cannot be one; undefined when it can. */
export function checkEmail(value: string): string | undefined {
  if (!value.trim()) return 'Enter your e-mail.'
  return /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? undefined : 'Enter a whole address, like name@example.org.'
}

/** Why a new password is refused; undefined when it is fine. */
export function checkNewPassword(value: string): string | undefined {
  if (!value) return 'Enter a password.'
  const missing = newPassword.charactersMin - value.length
  if (missing > 0) return `${missing} more ${missing === 1 ? 'character' : 'characters'}, please.`
  const over = value.length - newPassword.charactersMax
  return over > 0 ? `${over} ${over === 1 ? 'character' : 'characters'} too many.` : undefined
}

/** What to say below the field while a new password is typed. */
export function describeNewPassword(value: string): string {
  const rule = `${newPassword.charactersMin} to ${newPassword.charactersMax} characters`
  if (!value) return `${rule}. A few words are easier to keep than a riddle.`
  const missing = newPassword.charactersMin - value.length
  return missing > 0 ? `${rule}: ${missing} more.` : `${value.length} characters: long enough.`
}

/** Finds the one-time token in what somebody pasted: the whole link, its fragment, or the token itself. */
export function findLinkToken(pasted: string): string | undefined {
  const text = pasted.trim()
  const inFragment = new URLSearchParams(text.slice(text.indexOf('#') + 1)).get('token')
  const token = inFragment ?? text
  return /^[\w.~-]+$/.test(token) ? token : undefined
}

/** For a form's `validate`: true, or that this is no whole number within its bounds. */
export function checkWhole(bounds: { min: number; max: number }): (text: string) => string | true {
  const words = `Enter a whole number from ${bounds.min} to ${bounds.max.toLocaleString('en-US')}.`
  return (text) => {
    const value = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : Number.NaN
    return (value >= bounds.min && value <= bounds.max) || words
  }
}

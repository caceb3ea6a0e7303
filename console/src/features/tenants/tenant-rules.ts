const nameCharactersMax = 200

/** For a form's `validate`: true, or why this cannot be a tenant's name. */
export function checkTenantName(name: string): string | true {
  if (name.trim() === '') return 'Enter a name.'
  return name.trim().length <= nameCharactersMax || `${nameCharactersMax} characters at most.`
}

/** For a form's `validate`: true for a number or nothing, else why not. */
export function checkScore(text: string): string | true {
  if (text.trim() === '') return true
  const value = Number(text)
  return (Number.isFinite(value) && Math.abs(value) <= 1_000_000) || 'Enter a number, or leave it empty.'
}

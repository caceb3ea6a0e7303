/** For a form's `validate`: true for a number or nothing, else why not. */
export function checkScore(text: string): string | true {
  if (text.trim() === '') return true
  const value = Number(text)
  return (Number.isFinite(value) && Math.abs(value) <= 1_000_000) || 'Enter a number, or leave it empty.'
}

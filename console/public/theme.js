// Runs before the first paint, as a file of its own because the policy allows no inline script.
// `src/lib/theme.ts` reads and writes the same key.
;(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem('tenantry.theme')
  } catch {
    // Storage may be forbidden; the system's theme stands.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()

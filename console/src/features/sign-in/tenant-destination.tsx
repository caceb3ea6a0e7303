import type { ReactNode } from 'react'
import { buttonClass } from '../../ui/button.tsx'

/**
 * Where a tenant's user goes on: to the places that are proven to be the tenant's, else back to where it came from. This
 * console is not for them.
 */
export function TenantDestination(props: { name: string; email: string; origins: readonly string[] }): ReactNode {
  const { name, email, origins } = props
  const [first, ...others] = origins
  const address = <strong className="font-semibold wrap-anywhere text-ink">{email}</strong>
  if (first === undefined) {
    return (
      <p className="mt-5 text-ink-2">
        Go back to where you use {name} and sign in there as {address}. This page has nothing left to do.
      </p>
    )
  }
  return (
    <div className="mt-5 flex flex-col items-start gap-4">
      <p className="text-ink-2">Sign in there as {address}.</p>
      <a href={first} rel="noreferrer" className={buttonClass({ kind: 'primary', size: 'large' }, 'max-w-full')}>
        <span className="truncate">Go to {new URL(first).host}</span>
      </a>
      {others.length > 0 && (
        <p className="text-ink-2">
          Or to{' '}
          {others.map((origin, at) => (
            <span key={origin}>
              {at > 0 && ', '}
              <a href={origin} rel="noreferrer" className="link">
                {new URL(origin).host}
              </a>
            </span>
          ))}
        </p>
      )}
    </div>
  )
}

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { tenantPath } from '../../lib/paths.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import { checkOrigin, writeOriginsLine, type OriginCheck } from './check-origin.ts'

/** Which pages may call this server from a browser, and how one more is let in: by a domain of the tenant. */
export function OriginSection(props: {
  tenantId: string
  own: string
  /** For every tenant, by the server's environment. */
  allowed: readonly string[]
  /** Of this tenant, proven. */
  domains: readonly string[]
  typed: string
  onType: (typed: string) => void
}): ReactNode {
  const { tenantId, own, typed } = props
  const allowed = [...new Set([...props.domains, ...props.allowed])]
  const check = checkOrigin({ typed, own, allowed })
  return (
    <Section
      title="Allowed origins"
      actions={
        <Link to={tenantPath(tenantId, 'settings')} className="link no-underline hover:underline">
          Domains
        </Link>
      }
    >
      <p className="text-ink-2">
        Browsers let a page read answers only when its origin is allowed. Servers and curl need nothing.
      </p>
      {allowed.length === 0 ? (
        <p className="mt-2">
          <State kind="suspended">No other origin is allowed yet</State>
        </p>
      ) : (
        <ul aria-label="Allowed origins" className="mt-2 flex flex-col">
          {allowed.map((origin) => (
            <li key={origin} className="py-[2px] font-mono text-meta wrap-anywhere text-ink">
              {origin}
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3">
        <TextField
          label="Is it allowed?"
          placeholder="https://app.example.com"
          inputMode="url"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => props.onType(event.target.value)}
          hint={
            <span role="status">
              <Verdict check={check} />
            </span>
          }
          error={check.kind === 'malformed' ? 'Enter one address, such as https://app.example.com.' : undefined}
        />
      </div>
      {check.kind === 'refused' && (
        <div className="mt-2 flex flex-col gap-2">
          <p className="text-ink-2">
            <Link to={tenantPath(tenantId, 'settings')} className="link">
              Add it to its domains
            </Link>
            . For all tenants of this server, whoever runs it sets the variable and starts it again:
          </p>
          <CodeBlock title="environment" code={writeOriginsLine({ allowed: props.allowed, origin: check.origin })} />
        </div>
      )}
    </Section>
  )
}

function Verdict(props: { check: OriginCheck }): ReactNode {
  const { check } = props
  switch (check.kind) {
    case 'own':
      return <State kind="fine">Allowed: it is this server’s own</State>
    case 'allowed':
      return <State kind="fine">Allowed</State>
    case 'refused':
      return <State kind="attention">Not allowed: {check.origin}</State>
    default:
      return null
  }
}

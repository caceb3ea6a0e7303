import type { ReactNode } from 'react'
import { Section } from '../../ui/section.tsx'

const code = 'font-mono text-meta whitespace-nowrap text-ink'

/** What X-TENANT is for, and when it is refused. */
export function TenantHeaderSection(props: { tenantId: string }): ReactNode {
  return (
    <Section title="The tenant’s name in a call">
      <div className="flex flex-col gap-2 text-ink-2">
        <p>
          At sign-in, <code className={`${code} wrap-anywhere whitespace-normal`}>X-TENANT: {props.tenantId}</code> says
          whose user it is. The tokens carry the tenant from then on: later calls leave the header out.
        </p>
        <p>
          A header that differs from the token is refused with 403 <code className={code}>tenant.mismatch</code>, a list
          or a misspelt id with 400 <code className={code}>tenant.malformed</code>.
        </p>
      </div>
    </Section>
  )
}

import type { ReactNode } from 'react'
import { apiDocsPath } from '../../lib/paths.ts'
import { CopyId } from '../../ui/copy-id.tsx'
import { Section } from '../../ui/section.tsx'

/** What every call needs: where the server is and which tenant it is for. */
export function AddressFacts(props: { address: string; tenantId: string }): ReactNode {
  return (
    <Section
      title="Address"
      actions={
        <a href={apiDocsPath} className="link no-underline hover:underline">
          API reference
        </a>
      }
    >
      <dl className="grid grid-cols-[72px_minmax(0,1fr)] items-center gap-x-3 gap-y-1">
        <dt className="text-ink-3">Server</dt>
        <dd>
          <CopyId id={props.address} what="address" />
        </dd>
        <dt className="text-ink-3">Tenant</dt>
        <dd>
          <CopyId id={props.tenantId} what="tenant id" />
        </dd>
      </dl>
    </Section>
  )
}

import type { ReactNode } from 'react'
import { toProblem } from '../../api/problem.ts'
import type { Domain } from '../../panels/domains.queries.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { describeFailedCheck } from './domain-words.ts'
import { useVerifyDomain } from './use-domains.ts'

/** The DNS record that proves a pending origin, to be copied, and the button that looks for it. */
export function DomainProof(props: {
  tenantId: string
  domain: string
  proof: NonNullable<Domain['proof']>
  isSuperuser: boolean
}): ReactNode {
  const { proof, isSuperuser } = props
  const verify = useVerifyDomain({ tenantId: props.tenantId, domain: props.domain })
  const toasts = useToasts()
  const failure = verify.error ? describeFailedCheck(toProblem(verify.error)) : undefined
  const check = (): void =>
    verify.mutate(undefined, { onSuccess: ({ origin }) => toasts.done(`${origin} is in effect`) })
  return (
    <div className="mt-2">
      <p className="text-ink-2">
        {isSuperuser
          ? 'Waits for this record in its DNS. Your word puts it into effect without it.'
          : 'Add this record where the domain’s DNS is kept, then check.'}
      </p>
      <dl className="mt-2 divide-y divide-line rounded-md border border-line bg-sunken">
        <RecordPart name="Type" value={proof.type} domain={props.domain} />
        <RecordPart name="Name" value={proof.name} domain={props.domain} />
        <RecordPart name="Value" value={proof.value} domain={props.domain} />
      </dl>
      <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button busy={verify.isPending} onClick={check}>
          {!verify.isPending && <Icon name={isSuperuser ? 'check' : 'again'} className="shrink-0 text-ink-3" />}
          {isSuperuser ? 'Put into effect' : 'Check now'}
        </Button>
        <p role="status" className="min-w-0 flex-1 basis-[220px] text-meta text-ink-3">
          {verify.isPending && !isSuperuser && 'Asking the name servers …'}
          {!verify.isPending && failure !== undefined && (
            <span className="text-danger">
              <strong className="font-semibold">{failure.title}</strong> {failure.advice}
            </span>
          )}
        </p>
      </div>
    </div>
  )
}

function RecordPart(props: { name: string; value: string; domain: string }): ReactNode {
  return (
    <div className="grid grid-cols-[56px_minmax(0,1fr)] items-center gap-x-3 ps-3 pe-1">
      <dt className="text-meta text-ink-3">{props.name}</dt>
      <dd className="flex min-h-[36px] items-center justify-between gap-x-3">
        <span className="min-w-0 font-mono text-meta wrap-anywhere text-ink">{props.value}</span>
        <CopyButton
          text={props.value}
          what={`${props.name.toLowerCase()} of the record for ${props.domain}`}
          size="small"
        />
      </dd>
    </div>
  )
}

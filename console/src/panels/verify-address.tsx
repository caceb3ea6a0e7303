import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import { ask } from '../api/client.ts'
import { describeMailWay } from './mail-words.ts'
import { getMeQueryOptions } from './me.queries.ts'
import { getOptionsQueryOptions } from './options.queries.ts'
import { ResendButton } from './resend-button.tsx'

const lookEveryMs = 4_000

/** Says where the link is that verifies one's address, and has it sent again; the page goes on once it was opened. */
export function VerifyAddress(props: { email: string }): ReactNode {
  const { email } = props
  const api = useApi()
  const { data: options } = useQuery(getOptionsQueryOptions(api))
  // The link may be opened on another device.
  useQuery({ ...getMeQueryOptions(api), refetchInterval: lookEveryMs })
  return (
    <div className="flex max-w-[60ch] flex-col items-start gap-3">
      <p className="text-ink-2">
        Open the link that was {options?.mail === 'sent' ? 'mailed to' : 'made for'}{' '}
        <strong className="font-semibold wrap-anywhere text-ink">{email}</strong>: it works for 24 hours.{' '}
        {describeMailWay(options?.mail)}
      </p>
      <ResendButton onSend={() => ask(api.open.auth.verify.resend.post({ email }))} />
    </div>
  )
}

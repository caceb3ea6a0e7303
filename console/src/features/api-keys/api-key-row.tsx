import { useState, type ReactNode } from 'react'
import { toProblem } from '../../api/problem.ts'
import { formatFullTime } from '../../lib/format.ts'
import { useNow } from '../../lib/use-now.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { MenuItem } from '../../ui/menu-items.tsx'
import { Menu } from '../../ui/menu.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { describeEnds, describeRefusal, describeScopes } from './api-key-words.ts'
import { type ApiKey, useRevokeApiKey } from './api-keys.queries.ts'
import { RotateKeyDialog } from './rotate-key-dialog.tsx'

/** One key: whose it is, how it is, when it was last used, and what can be done with it. */
export function ApiKeyRow(props: { tenantId: string; apiKey: ApiKey }): ReactNode {
  const { tenantId, apiKey } = props
  const [asking, setAsking] = useState<'rotate' | 'revoke'>()
  const now = useNow()
  const ends = describeEnds({ key: apiKey, now })
  const close = (): void => setAsking(undefined)
  return (
    <li className="flex items-center gap-x-4 border-b border-line py-[10px] last:border-b-0">
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-x-4 phone:flex-col">
          <p className="min-w-0 font-medium wrap-anywhere text-ink">{apiKey.name}</p>
          <State kind={ends.kind} className="shrink-0">
            {ends.words}
          </State>
        </div>
        <p className="flex flex-wrap gap-x-3 text-meta text-ink-3">
          <span className="font-mono">tk_…{apiKey.last4}</span>
          <span>{describeScopes(apiKey.scopes)}</span>
          <span>
            {apiKey.last_used_at === null ? (
              'Never used'
            ) : (
              <>
                Last used <When time={apiKey.last_used_at} />
              </>
            )}
          </span>
          <span title={formatFullTime(apiKey.created_at)}>
            Made <When time={apiKey.created_at} />
            {apiKey.created_by !== null && <> by {apiKey.created_by}</>}
          </span>
        </p>
      </div>
      <Menu trigger={<IconButton icon="more" label={`What to do with ${apiKey.name}`} size="small" />}>
        <MenuItem icon="again" onSelect={() => setAsking('rotate')}>
          Rotate key…
        </MenuItem>
        <MenuItem icon="trash" danger onSelect={() => setAsking('revoke')}>
          Revoke key…
        </MenuItem>
      </Menu>
      {asking === 'rotate' && <RotateKeyDialog tenantId={tenantId} apiKey={apiKey} onClose={close} />}
      <RevokeDialog tenantId={tenantId} apiKey={apiKey} open={asking === 'revoke'} onClose={close} />
    </li>
  )
}

function RevokeDialog(props: { tenantId: string; apiKey: ApiKey; open: boolean; onClose: () => void }): ReactNode {
  const { apiKey } = props
  const revoke = useRevokeApiKey({ tenantId: props.tenantId, keyId: apiKey.id })
  const toasts = useToasts()
  return (
    <ConfirmDialog
      open={props.open}
      onClose={props.onClose}
      title={`Revoke ${apiKey.name}?`}
      description={
        <>
          Within a second, whoever calls with tk_…{apiKey.last4} is refused, and its answers under way are cut. It
          cannot be brought back.{' '}
          {apiKey.last_used_at === null ? 'It was never used.' : <LastUse time={apiKey.last_used_at} />}
        </>
      }
      keep="Keep key"
      verb="Revoke key"
      onConfirm={async () => {
        await revoke.mutateAsync()
        toasts.done(`${apiKey.name} revoked`)
      }}
      describeFailure={(thrown) => describeRefusal(toProblem(thrown))}
    />
  )
}

function LastUse(props: { time: string }): ReactNode {
  return (
    <>
      It was last used at <time dateTime={props.time}>{formatFullTime(props.time)}</time>.
    </>
  )
}

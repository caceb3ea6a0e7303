import type { ReactNode } from 'react'
import { basePath } from '../../lib/paths.ts'
import { Button } from '../../ui/button.tsx'
import { Plate } from '../../ui/plate.tsx'
import { State, type StateKind } from '../../ui/state.tsx'
import { checkTenantId, proposeNextId } from '../../lib/tenant-id.ts'

/** What is known of whether an id is free. */
interface Freedom {
  data: 'free' | 'taken' | 'unknown' | 'later' | undefined
  isError: boolean
}

/** How a new tenant will be seen, and whether its id can be had, as it is typed. */
export function IdCheck(props: {
  id: string
  name: string
  freedom: Freedom
  onChoose: (id: string) => void
}): ReactNode {
  const { id, name, freedom } = props
  const shape = checkTenantId(id)
  const next = shape === undefined && freedom.data === 'taken' ? proposeNextId(id) : undefined
  return (
    <TenantFacts id={id} name={name}>
      <Fact name="Id">
        <span role="status">
          {id === '' ? (
            <State kind="suspended">Follows the name as you type it.</State>
          ) : (
            <State {...describeFreedom({ shape, freedom })} />
          )}
        </span>
        {next !== undefined && (
          <span className="mt-2 block">
            <Button size="small" onClick={() => props.onChoose(next)}>
              Use {next}
            </Button>
          </span>
        )}
      </Fact>
    </TenantFacts>
  )
}

/** A tenant as lists and addresses show it. */
export function TenantFacts(props: { id: string; name: string; children?: ReactNode }): ReactNode {
  const { id, name } = props
  return (
    <div className="flex flex-col gap-5">
      <h2 className="text-[14px]/[20px] font-semibold text-ink">As it is seen</h2>
      <div className="flex min-w-0 items-center gap-3">
        <Plate tenantId={id || 'tenant'} size={36} />
        <div className="min-w-0">
          <p className="truncate font-medium text-ink">
            {name.trim() || <span className="font-normal text-ink-3">No name yet</span>}
          </p>
          <p className="truncate font-mono text-[12px]/[16px] text-ink-3">{id || 'no id yet'}</p>
        </div>
      </div>
      <dl className="flex flex-col gap-4 border-t border-line pt-4">
        {props.children}
        <Fact name="Its page">
          <span className="font-mono text-[12px]/[20px] break-all text-ink-2">{`${basePath}/tenants/${id || '…'}`}</span>
        </Fact>
        <Fact name="In the API">
          <span className="font-mono text-[12px]/[20px] break-all text-ink-2">X-TENANT: {id || '…'}</span>
        </Fact>
      </dl>
      <p className="text-meta text-ink-3">The windows are drawn from the id and mark it wherever it stands.</p>
    </div>
  )
}

function Fact(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className="text-meta text-ink-3">{props.name}</dt>
      <dd className="mt-[2px]">{props.children}</dd>
    </div>
  )
}

function describeFreedom(options: { shape: string | undefined; freedom: Freedom }): {
  kind: StateKind
  children: string
} {
  const { shape, freedom } = options
  if (shape !== undefined) return { kind: 'failed', children: shape }
  if (freedom.isError) return { kind: 'attention', children: 'Not checked: the server did not answer.' }
  switch (freedom.data) {
    case 'taken':
      return { kind: 'failed', children: 'Taken by another one.' }
    case 'free':
      return { kind: 'fine', children: 'Free.' }
    case 'later':
      return { kind: 'suspended', children: 'Checked when it is created.' }
    case 'unknown':
      return { kind: 'suspended', children: 'Many ids are alike: checked when it is created.' }
    default:
      return { kind: 'working', children: 'Asking whether it is free …' }
  }
}

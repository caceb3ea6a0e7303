import { useState, type ReactNode } from 'react'
import { TenantPicker } from '../../panels/tenant-picker.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Popover } from '../../ui/popover.tsx'

/** Chooses the tenant whose entries are shown, by a search. */
export function TenantFilter(props: { onChoose: (id: string) => void }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Filter by tenant"
      open={open}
      onOpenChange={setOpen}
      className="w-[280px]"
      trigger={
        <Button>
          Any tenant
          <Icon name="chevron-down" className="size-[14px] shrink-0 text-ink-3" />
        </Button>
      }
    >
      <TenantPicker
        onPick={({ id }) => {
          setOpen(false)
          props.onChoose(id)
        }}
      />
    </Popover>
  )
}

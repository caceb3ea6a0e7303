import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { useReturnFocus } from './use-return-focus.ts'

/** The frame of the command palette: 560 px near the top, the whole width on a phone. */
export function PaletteFrame(props: { onClose: () => void; children: ReactNode }): ReactNode {
  const { remember, onCloseAutoFocus } = useReturnFocus()
  return (
    <Primitive.Root open onOpenChange={(open) => !open && props.onClose()}>
      <Primitive.Portal>
        <div className="scrim" />
        <Primitive.Content
          aria-describedby={undefined}
          data-holds-keys=""
          onOpenAutoFocus={remember}
          onCloseAutoFocus={onCloseAutoFocus}
          className="appear fixed inset-x-0 top-[12dvh] z-50 mx-auto flex max-h-[min(520px,72dvh)] w-[calc(100%-24px)] max-w-[560px] flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-3 outline-none phone:top-3"
        >
          <Primitive.Title className="sr-only">Jump to anything</Primitive.Title>
          {props.children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

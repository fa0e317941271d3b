'use client';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { Dialog } from './dialog';
import { ErrorBox } from './error-box';

interface FormDialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly onClose: () => void;
  /** What of `useForm` the frame shows. */
  readonly form: { readonly isSending: boolean; readonly problem: unknown };
  readonly onSubmit: () => Promise<unknown>;
  /** None: the dialog's own ways of closing are enough. */
  readonly cancel?: string;
  readonly submit: string;
  /** There is nothing to send. */
  readonly isEmpty?: boolean;
  /** The fields. */
  readonly children: ReactNode;
  readonly wide?: boolean;
}

/** A form in a dialog: sent by its button and by Enter; what went wrong beside the fields stands below them. */
export function FormDialog({ form, onSubmit, cancel, submit, isEmpty, children, onClose, ...frame }: FormDialogProps) {
  return (
    <Dialog
      {...frame}
      onClose={onClose}
      footer={
        <>
          {cancel && <Button onClick={onClose}>{cancel}</Button>}
          <Button type="primary" loading={form.isSending} disabled={isEmpty} onClick={onSubmit}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void onSubmit();
        }}
      >
        {children}
        {form.problem ? <ErrorBox error={form.problem} /> : null}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

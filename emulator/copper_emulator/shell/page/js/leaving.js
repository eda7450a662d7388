// May the address be followed? Not before open dialogs are closed, and the user has agreed to lose unsaved text.

import { dialogs, discards, dismiss } from "./parts/dialog.js";
import { link, position, read } from "./router.js";

let asking = false;
/** Whether Back was pressed in a dialog, and the browser is on its way to where the dialog was opened. */
let returning = false;

/** `here`: the view that is `shown`, its position in the history, and whether it `isUnsaved()`. */
export async function mayLeave(here, onStay) {
  if (closesDialog(here.at) || asking) return false;
  // What the page itself changes in the address of a view, like the newest delivery, closes no dialog.
  const isElsewhere = position() !== here.at;
  const isUnsaved = here.isUnsaved?.() || (isElsewhere && dialogs.areWritten);
  if (isUnsaved && link(read()) !== link(here.shown) && !(await asked())) {
    stay(here);
    onStay();
    return false;
  }
  if (isElsewhere) dialogs.close();
  return true;
}

/** Back closes the topmost dialog, a question too, and stays in the view: the address returns first. */
function closesDialog(at) {
  const now = position();
  if (dialogs.areOpen && now < at) {
    returning = true;
    history.go(at - now);
    return true;
  }
  const closes = (returning || asking) && now === at;
  returning = false;
  if (closes) dismiss();
  return closes;
}

async function asked() {
  asking = true;
  const leaves = await discards("If you leave, it will be lost.", "Leave");
  asking = false;
  return leaves;
}

/** Return to the view left open, in whichever direction the browser went, so that Back then leads where it should. */
function stay({ shown, at }) {
  const steps = at - position();
  if (steps) history.go(steps);
  else history.replaceState(history.state, "", link(shown));
}

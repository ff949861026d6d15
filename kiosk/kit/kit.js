// @ts-check
/** All components of the kit by name. Each has its props in its own file under components/. */

export { Badge } from "./components/badge.js";
export { Button } from "./components/button.js";
export { Card } from "./components/card.js";
export { ConfirmDialog, Dialog } from "./components/dialog.js";
export { EmptyState } from "./components/empty_state.js";
export { CheckField, SelectField, TextField } from "./components/field.js";
export { Icon } from "./components/icon.js";
export { LanguageSwitch } from "./components/language_switch.js";
export { Notice } from "./components/notice.js";
export { Pager } from "./components/pager.js";
export { SearchField } from "./components/search_field.js";
export { Segmented } from "./components/segmented.js";
export { Spinner } from "./components/spinner.js";
export { Stat } from "./components/stat.js";
export { Table } from "./components/table.js";
export { Toasts, toast } from "./components/toast.js";
export { TONE_ICONS } from "./components/tone.js";

# Words of the UI kit, used by the kiosk and the admin pages.
kit-cancel = Cancel
kit-clear = Clear
kit-close = Close
kit-language = Language
kit-loading = Loading…
kit-next = Next
kit-pages = Pages
kit-previous = Previous
kit-required = required
kit-search = Search
kit-shown = Showing { $shown }
kit-shown-of = Showing { $shown } of { $total }

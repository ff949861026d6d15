# Words of the kiosk.
kiosk-title = Tool desk

## Waiting
waiting-what = Tap a tool
waiting-do = or your staff card
waiting-short = Tap a tool or your staff card
recipe-borrow = Borrow
recipe-borrow-how = Tool and staff card, in any order
recipe-return = Return
recipe-return-how = Just the tool
recipe-mine = Check
recipe-mine-how = Just your staff card
recent = Last

## Results
verb-ask = Check
verb-borrowed = Borrowed
verb-returned = Returned
verb-undone = Undone
verb-error = Error
verb-refused = Not possible
said-ask = { $item }
said-borrowed = Borrowed: { $item }
said-returned = Returned: { $item }
said-undone = Undone: { $item }
said-error = Failed: { $item }
undo = Undo
undo-what = Undo { $item } ({ $seconds } s left)
seconds = { $seconds } s
ends-in = This screen closes in { $seconds } s
leave-cancel = Cancel
leave-close = Close
finish = Done

## Whose is it to be?
ask-title = Now tap your staff card
ask-more = You can tap more tools first
ask-items = Tools to borrow

## Session
session-hello = { $name }
session-prompt = Tap a tool
lines-title = Just now
lines-none = Nothing yet
lines-none-do = To borrow or to return, just tap the tool
loans-title = You have
loans-none = You have no tools out
loan-since = since { $date }
items-count = { $count ->
    [one] { $shown } tool
   *[other] { $shown } tools
}
due = Due { $date }
due-none = No due date
due-today = Due today
due-tomorrow = Due tomorrow
due-over = { $days ->
    [0] Overdue
    [one] { $days } day overdue
   *[other] { $days } days overdue
}

## Signing in to the site's pages
signin-open = Open the admin pages
pin-title = Enter your PIN
pin-typed = { $shown } digits entered
pin-delete = Delete
pin-ok = OK
pin-asking = Checking…
pin-refused = That did not work
pin-refused-do = Enter the PIN once more. If it goes on, ask an administrator.
pin-locked = Not accepted for a while
pin-locked-do = There were too many wrong PINs. Please wait { $minutes } min. You can choose a new PIN on a computer: open the admin pages and go to “My account”.
pin-no_pin = You have no PIN yet
pin-no_pin-do = Open the admin pages on a computer or a phone and choose one under “My account”. Without an account, ask an administrator.
pin-busy = Busy
pin-busy-do = Wait a moment, then enter it again.
pin-unavailable = The server cannot be reached
pin-unavailable-do = The admin pages open only while the server is connected. Borrowing and returning work as usual.

## Done
done-place = Place: { $place }
done-borrower = Was with { $name }

## Unknown card
unknown-title = This card is not registered
unknown-do = Please ask an administrator. Its number appears in their list of unknown cards.
unknown-number = Card number
unknown-never-title = This card cannot be used
unknown-never = Cards of this kind cannot be registered.
unknown-never-do = Please use your staff card or another card.
unknown-random_uid = Phones and other cards whose number changes with each tap cannot be registered.
unknown-changing_uid = My Number cards and others whose number changes with each tap cannot be registered.

## Refused
refused-person_suspended = Your use is suspended
refused-person_suspended-do = Please ask an administrator.
refused-person_left = You are registered as having left
refused-person_left-do = If that is wrong, please tell an administrator.
refused-card_blocked = This card is blocked
refused-card_blocked-do = If a lost card was found, please hand it to an administrator.
refused-item_maintenance = This tool is under maintenance
refused-item_maintenance-do = Do not use it. Please put it back with the tools to be serviced.
refused-item_lost = This tool was reported lost
refused-item_lost-do = You found it! Please hand it to an administrator.
refused-item_retired = This tool has been retired
refused-item_retired-do = Do not use it. Please hand it to an administrator.
refused-status_unknown = The status cannot be checked
refused-status_unknown-do = This terminal needs an update. Please tell an administrator.
refused-other = This cannot be done
refused-other-do = Please ask an administrator.

## Failed
failed-title = Not recorded
failed-disk_full = This terminal has no space left
failed-disk_error = This terminal's storage has a problem
failed-other = This terminal has a problem
failed-do = Nothing was borrowed or returned. Please tell an administrator.

## The terminal itself
reader-gone = Please connect the card reader
reader-gone-do = Check the reader's USB cable and plug it in again.
reader-gone-wait = This screen goes away by itself once the reader is back.
reader-ready = Ready
reader-absent = Not connected
reader-unavailable = Not available
reader-pcscd_unreachable = The card service does not answer
reader-permission_denied = No permission to use the reader
reader-no_reader = Not connected
reader-unplugged = Unplugged
reader-device_busy = Another program is using the reader
reader-driver_missing = Reader software is not installed
reader-driver_failed = The reader does not answer
reader-stopped = Stopped
trouble-card_read_too_early = The card could not be read
trouble-card_unreadable = The card could not be read
trouble-card_in_use = Another program is using the card
trouble-do = Take it away and tap it again.
driver-pcsc = Card reader
driver-nfcpy = NFC reader
driver-hid = Keyboard-type reader
driver-virtual = Demo reader
driver-other = { $name }
link-server = Server
link-online = Connected
link-sending = { $shown } being sent
link-offline = Offline
link-kept = Works as usual
link-kept-waiting = Records are kept on this terminal · { $shown } to be sent
link-problem-not_enrolled = This kiosk is not registered yet
link-problem-not_enrolled-do = Press “Register” and type the code on the admin pages, under Kiosks.
link-problem-unauthorized = The server does not accept this kiosk
link-problem-unauthorized-do = Records are kept here. Register again with an administrator.
link-problem-revoked = This kiosk’s registration was revoked
link-problem-revoked-do = Records are kept here. Register again with an administrator.
link-problem-other_site = Another server answers
link-problem-other_site-do = No records were sent. Tell an administrator.
link-problem-version = Terminal and server do not fit together
link-problem-version-do = Records are kept here. Please ask an administrator to update this terminal.
set-aside = Records that could not be read were set aside ({ $shown })
set-aside-do = Borrowing and returning work as usual. Please tell an administrator.
lost-title = The terminal is getting ready
lost-do = If this screen stays, switch the terminal off and on again.
lost-retry = Reconnecting by itself…
lost-starting = Starting…
sound-on = Sound: on
sound-off = Sound: off

## Demo drawer
drawer-title = Demo cards
drawer-open = Demo cards
drawer-close = Put the cards away
drawer-how = Press a card to hold it to the reader.
drawer-kind = Kind of card
drawer-items = Tools
drawer-people = Staff
drawer-search = Search name or number
drawer-out = Out
drawer-none = Nothing found
drawer-empty = No cards yet

pair-start = Register
pair-title = Register this kiosk
pair-choose = Choose the server it belongs to
pair-searching = Looking for servers nearby…
pair-none-do = If none is found, check the server’s power and network, or type its address.
pair-type = Type an address
pair-address = Address of the server
pair-address-hint = The address at which a PC opens the admin pages.
pair-delete = Delete
pair-connect = Connect
pair-back = Back
pair-later = Later
pair-asking = Connecting to the server…
pair-code-do = Type this code on the admin pages, under “Kiosks”
pair-code-server = Server
pair-code-left = Good for { $minutes } more min, then a new code comes.
pair-code-unreachable = The server does not answer. Waiting for it.
pair-kept = { $shown } records that wait stay here and are sent once it is registered.
pair-problem-bad_address = This is not an address
pair-problem-bad_address-do = For example: genba.local or https://genba.local
pair-problem-unreachable = The server does not answer
pair-problem-unreachable-do = Check the address, and the server’s power and network.
pair-problem-certificate = The server’s certificate cannot be checked
pair-problem-certificate-do = Type the server’s name (genba.local for example). If this stays, tell an administrator.
pair-problem-busy = Other kiosks are being registered
pair-problem-busy-do = Wait about a minute, then try again.
pair-problem-refused = Registration was refused
pair-problem-refused-do = Ask an administrator, then try again.
pair-problem-disk = The registration cannot be stored
pair-problem-disk-do = This kiosk’s disk is full. Tell an administrator.
pair-other-title = This is not the server from before
pair-other-do = { $shown } records that wait would go to this server and leave this kiosk. Go on only if an administrator says that the server was replaced.
pair-other-no = Do not register
pair-other-yes = Send them there

devices-agent = Kiosk
devices-agents = Kiosks
devices-agents-lead = The devices where cards are tapped. While disconnected they keep their records and deliver them later.
devices-clock = Clock
devices-clock-offset = { $seconds } s off
devices-clock-right = Right
devices-clock-unknown = Not set yet
devices-discard = Discard
devices-discard-detail = This record will never reach the ledger. This cannot be undone.
devices-discard-title = Discard this record?
devices-discarded = The record was discarded
devices-edit = Edit kiosk
devices-enrol = Add kiosk
devices-enrol-how = Give it a name; then you get the command to run on it.
devices-enrol-submit = Make the command
devices-enrolled = Added
devices-last-seen = Last seen
devices-name = Name
devices-name-example = Tool room
devices-never-seen = Never
devices-none = No kiosks yet
devices-none-detail = Add one, and people can tap cards to borrow.
devices-offline = Disconnected
devices-online = Connected
devices-place = Place
devices-place-example = Plant 1, ground floor entrance
devices-quarantine = Unreadable records
devices-quarantine-lead = Records that arrived from a kiosk but made no sense. They are kept.
devices-raw = Content
devices-raw-show = Show
devices-reader-absent = Not connected
devices-reader-ready = Ready
devices-reader-unavailable = Not usable
devices-reader-why-card_in_use = Another program is using the card
devices-reader-why-card_read_too_early = The card left too early
devices-reader-why-card_unreadable = The card could not be read
devices-reader-why-device_busy = Another program is using the reader
devices-reader-why-driver_failed = The driver stopped; it restarts by itself
devices-reader-why-driver_missing = The driver is not installed
devices-reader-why-no_reader = No reader found; plug one in
devices-reader-why-other = Reason code: { $code }
devices-reader-why-pcscd_unreachable = The card service (pcscd) does not answer
devices-reader-why-permission_denied = No permission to use the reader
devices-reader-why-stopped = Stopped
devices-reader-why-unplugged = The reader was unplugged; check the USB cable
devices-readers = Readers
devices-readers-none = None found
devices-reason = Reason
devices-reason-loan_of_other_item = It names a loan of another item
devices-reason-other = Reason code: { $code }
devices-reason-refused_by_database = The database refused it
devices-reason-unknown_fact = The record to undo does not exist
devices-reason-unknown_item = The item is not in the register
devices-reason-unknown_loan = The loan is not in the ledger
devices-reason-unknown_person = The person is not in the register
devices-received = Received
devices-retried = Read again
devices-retry = Retry
devices-revoke = Revoke
devices-revoke-detail = This kiosk can no longer connect. To use it again, add it anew. Its records stay.
devices-revoke-title = Revoke “{ $name }”?
devices-revoke-waiting = { $count ->
    [one] 1 record has not been delivered yet
   *[other] { $count } records have not been delivered yet
}; they would not arrive any more.
devices-revoked = Revoked
devices-revoked-done = “{ $name }” was revoked
devices-screen = Screen
devices-screen-off = Not drawing
devices-screen-on = Drawing
devices-set-aside = { $count ->
    [one] 1 damaged record file
   *[other] { $count } damaged record files
}
devices-set-aside-detail = Put aside on the device. Do not delete; tell whoever looks after it.
devices-token-done = Close
devices-token-how = Run this command on the kiosk device.
devices-token-once = Shown only now. It works once, until { $until }.
devices-token-title = Run this on the kiosk
devices-version = Version
devices-waiting = Waiting to send
devices-waiting-count = { $count }
devices-waiting-none = None
devices-waiting-oldest = (oldest { $minutes } min ago)

event-devices-agent_enrolled = Kiosk “{ $name }” was added
event-devices-agent_changed = Kiosk “{ $name }” was changed
event-devices-agent_revoked = Kiosk “{ $name }” was revoked
event-devices-agent_connected = Kiosk “{ $name }” connected
event-devices-agent_disconnected = Kiosk “{ $name }” disconnected
event-devices-reader_changed = Reader { $reader } of kiosk “{ $name }” changed state
event-devices-enrolment_created = A command to add kiosk “{ $subject }” was made
event-devices-quarantined = A kiosk sent a record that makes no sense
event-devices-quarantine_settled = An unreadable record was dealt with
permission-devices-read = See agents and how they are
permission-devices-write = Enrol, change and revoke agents
problem-enrolment-refused = The agent cannot be enrolled
    .detail = The enrolment token is wrong, used or expired. Make a new one and enrol again.
check-agent-silent = Contact with agents
    .detail =
        { $severity ->
            [error] Not heard of for more than 12 hours: { $names }. Check power and network.
           *[warning] Not heard of for more than 2 minutes: { $names }. Check power and network.
        }
check-quarantine = Records that could not be read
    .detail = { $count } records from agents could not be understood. Look at them on the “Agents” page.
check-missing-rows = Complete queues
    .detail = { $count } records of { $names } never arrived. Either the agent's disk was damaged or this database was restored from an older copy. Compare with the tools themselves.

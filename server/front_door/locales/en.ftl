## The front door

check-front-door = Front door (Caddy)
    .detail = Other devices may be unable to reach the server safely. Look at “systemctl status caddy”. Reason: { $reason }
check-discovery = Name in the network
    .detail = Another device ({ $address }) also answers to { $name }. Set front_door.host to another name on one of the two.

## The page that helps a phone or computer to trust the site

trust-title = Make this device trust Genba
trust-language = English
trust-lead = Genba has a certificate authority of its own for this site. Install it once on each phone and computer; after that the browser shows no warning.
trust-already = If this device is set up already, just go on.
trust-open = Open Genba
trust-then = When it is installed
trust-authority = This site's certificate authority
trust-authority-lead = When a new device is set up, check that it shows the same fingerprint as below before the certificate is installed.
trust-open-page = How other devices are set up
trust-fingerprint = Fingerprint
trust-compare = Compare this with the fingerprint on the Health page of a device that is already set up, or ask your administrator. If it differs, do not install.
trust-which = Which device?
trust-iphone = iPhone, iPad
    .steps =
        Open this page in Safari, tap the button, and allow the download.
        Settings › General › VPN & Device Management: choose the profile, then Install.
        Settings › General › About › Certificate Trust Settings: turn the Genba certificate on.
    .download = Download the profile
trust-android = Android
    .steps =
        Tap the button. If Android opens nothing, go on with the next step.
        Settings › Security › More security settings › Install from storage (or Encryption & credentials): choose “CA certificate”.
        Choose “Install anyway”, then the file genba.crt.
    .download = Download the certificate
trust-windows = Windows
    .steps =
        Click the button, and open the file genba.crt.
        Choose “Install Certificate”, then “Current User”.
        Choose “Place all certificates in the following store” and “Trusted Root Certification Authorities”.
    .download = Download the certificate
trust-macos = Mac
    .steps =
        Click the button, and open the file.
        System Settings › General › Device Management: open the profile, then Install.
        In Keychain Access, open the Genba certificate and choose “Always Trust” if it is not yet trusted.
    .download = Download the profile
trust-linux = Linux (Debian, Ubuntu, Raspberry Pi OS)
    .steps =
        Click the button.
        sudo cp genba.pem /usr/local/share/ca-certificates/genba.crt
        sudo update-ca-certificates
    .download = Download the certificate
trust-firefox = Firefox (any system)
    .steps =
        Click the button.
        Settings › Privacy & Security › View Certificates › Authorities › Import: choose genba.pem.
        Tick “Trust this CA to identify websites”.
    .download = Download the certificate
trust-link = Certificate warning?

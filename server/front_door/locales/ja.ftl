## 入口（Caddy）

check-front-door = 入口（Caddy）
    .detail = ほかの端末から安全に接続できないおそれがあります。「systemctl status caddy」で状態を確認してください。理由: { $reason }
check-discovery = ネットワーク上の名前
    .detail = 別の機器（{ $address }）も { $name } という名前を使っています。どちらかの front_door.host を別の名前にしてください。

## 端末にこの拠点を信頼させるためのページ

trust-title = この端末でGenbaを信頼する
trust-language = 日本語
trust-lead = Genbaは、この拠点専用の認証局を持っています。スマートフォンやパソコンごとに一度だけ証明書をインストールすると、ブラウザーの警告が出なくなります。
trust-already = この端末がすでに設定済みの場合は、そのままお使いいただけます。
trust-open = Genbaを開く
trust-then = インストールが終わったら
trust-authority = この拠点の認証局
trust-authority-lead = 新しい端末を設定するときは、その端末に表示されるフィンガープリントが下のものと一致することを確認してから、証明書をインストールしてください。
trust-open-page = ほかの端末の設定方法を見る
trust-fingerprint = フィンガープリント（指紋）
trust-compare = 設定済みの端末の「動作状況」ページに表示されているものと見比べるか、管理者に確認してください。違っている場合は、インストールしないでください。
trust-which = どの端末ですか？
trust-iphone = iPhone・iPad
    .steps =
        Safariでこのページを開き、ボタンを押してダウンロードを許可します。
        「設定」›「一般」›「VPNとデバイス管理」でプロファイルを選び、「インストール」を押します。
        「設定」›「一般」›「情報」›「証明書信頼設定」で、Genbaの証明書をオンにします。
    .download = プロファイルをダウンロード
trust-android = Android
    .steps =
        ボタンを押します。何も開かない場合は、次へ進んでください。
        「設定」›「セキュリティ」›「その他のセキュリティ設定」›「ストレージからのインストール」（または「暗号化と認証情報」）で「CA証明書」を選びます。
        「インストールする」を選び、ファイルgenba.crtを選びます。
    .download = 証明書をダウンロード
trust-windows = Windows
    .steps =
        ボタンを押し、ファイルgenba.crtを開きます。
        「証明書のインストール」を押し、「現在のユーザー」を選びます。
        「証明書をすべて次のストアに配置する」で「信頼されたルート証明機関」を選びます。
    .download = 証明書をダウンロード
trust-macos = Mac
    .steps =
        ボタンを押し、ファイルを開きます。
        「システム設定」›「一般」›「デバイス管理」でプロファイルを開き、「インストール」を押します。
        まだ信頼されていない場合は、「キーチェーンアクセス」でGenbaの証明書を開き、「常に信頼」を選びます。
    .download = プロファイルをダウンロード
trust-linux = Linux（Debian・Ubuntu・Raspberry Pi OS）
    .steps =
        ボタンを押します。
        sudo cp genba.pem /usr/local/share/ca-certificates/genba.crt
        sudo update-ca-certificates
    .download = 証明書をダウンロード
trust-firefox = Firefox（すべてのOS）
    .steps =
        ボタンを押します。
        「設定」›「プライバシーとセキュリティ」›「証明書を表示」›「認証局証明書」›「インポート」でgenba.pemを選びます。
        「この認証局によるウェブサイトの識別を信頼する」にチェックを入れます。
    .download = 証明書をダウンロード
trust-link = 証明書の警告が出るときは

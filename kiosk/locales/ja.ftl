# Words of the kiosk.
kiosk-title = 貸出端末

## Waiting
waiting-what = 道具か社員証を
waiting-do = かざしてください
waiting-short = 道具か社員証をかざしてください
recipe-borrow = 借りる
recipe-borrow-how = 道具と社員証（どちらが先でも）
recipe-return = 返す
recipe-return-how = 道具だけ
recipe-mine = 確認する
recipe-mine-how = 社員証だけ
recent = 直前

## Results
verb-ask = 確認
verb-borrowed = 貸出
verb-returned = 返却
verb-undone = 取消
verb-error = エラー
verb-refused = 貸出不可
said-ask = { $item }
said-borrowed = { $item } を貸し出しました
said-returned = { $item } を返却しました
said-undone = { $item } の操作を取り消しました
said-error = { $item } の操作ができませんでした
undo = 取り消す
undo-what = { $item } の操作を取り消す（残り { $seconds } 秒）
seconds = { $seconds } 秒
ends-in = あと { $seconds } 秒でこの画面を閉じます
leave-cancel = やめる
leave-close = 閉じる
finish = 終わる

## Whose is it to be?
ask-title = 社員証をかざしてください
ask-more = 続けて別の道具もかざせます
ask-items = 借りる道具

## Session
session-hello = { $name } さん
session-prompt = 道具をかざしてください
lines-title = 今回の操作
lines-none = まだ操作はありません
lines-none-do = 借りる道具も返す道具も、かざすだけです
loans-title = 借りている道具
loans-none = 借りている道具はありません
loan-since = { $date } から
items-count = { $shown } 件
due = { $date } まで
due-none = 期限なし
due-today = 今日まで
due-tomorrow = 明日まで
due-over = { $days ->
    [0] 期限切れ
   *[other] { $days } 日超過
}

## Signing in to the site's pages
signin-open = 管理画面を開く
pin-title = 暗証番号を入力してください
pin-typed = { $shown } 桁入力しました
pin-delete = 消す
pin-ok = 決定
pin-asking = 確認しています…
pin-refused = 確認できませんでした
pin-refused-do = もう一度入力してください。続けて出るときは、管理者に確認してください。
pin-locked = しばらく受け付けません
pin-locked-do = 間違いが続いたので、あと { $minutes } 分お待ちください。暗証番号は、パソコンで開いた管理画面の「自分のアカウント」で決め直せます。
pin-no_pin = 暗証番号が決まっていません
pin-no_pin-do = パソコンやスマートフォンで管理画面を開き、「自分のアカウント」で決めてください。アカウントがない人は、管理者に頼んでください。
pin-busy = 混み合っています
pin-busy-do = 少し待ってから、もう一度入力してください。
pin-unavailable = サーバーにつながりません
pin-unavailable-do = 管理画面は、サーバーにつながっているときだけ開けます。貸出・返却は、いつもどおり使えます。

## Done
done-place = 置き場：{ $place }
done-borrower = 借りていた人：{ $name } さん

## Unknown card
unknown-title = 登録されていないカードです
unknown-do = 管理者に声をかけてください。カード番号は管理画面の「未登録カード」に出ます。
unknown-number = カード番号
unknown-never-title = このカードは使えません
unknown-never = 登録に使えない種類のカードです。
unknown-never-do = 社員証か、別のカードをかざしてください。
unknown-random_uid = スマートフォンなど、かざすたびに番号が変わるカードは登録できません。
unknown-changing_uid = マイナンバーカードなど、かざすたびに番号が変わるカードは登録できません。

## Refused
refused-person_suspended = 利用が停止されています
refused-person_suspended-do = 管理者に確認してください。
refused-person_left = 退職者として登録されています
refused-person_left-do = 登録が違う場合は、管理者に連絡してください。
refused-card_blocked = このカードは停止されています
refused-card_blocked-do = 紛失したカードが見つかった場合は、管理者に渡してください。
refused-item_maintenance = 整備中の道具です
refused-item_maintenance-do = 使わずに、整備品の置き場に戻してください。
refused-item_lost = 紛失中の道具が見つかりました
refused-item_lost-do = 棚に戻さず、管理者に渡してください。
refused-item_retired = 廃棄済みの道具です
refused-item_retired-do = 使わずに、管理者に渡してください。
refused-status_unknown = 状態を確認できません
refused-status_unknown-do = 端末の更新が必要です。管理者に連絡してください。
refused-other = この操作はできません
refused-other-do = 管理者に確認してください。

## Failed
failed-title = 記録できませんでした
failed-disk_full = 端末の空き容量がありません
failed-disk_error = 端末の記憶装置に問題があります
failed-other = 端末に問題が起きました
failed-do = 貸出・返却はされていません。管理者に連絡してください。

## The terminal itself
reader-gone = カードリーダーをつないでください
reader-gone-do = リーダーの USB ケーブルを確認し、差し直してください。
reader-gone-wait = つながると、自動で元の画面に戻ります。
reader-ready = 使用できます
reader-absent = 接続されていません
reader-unavailable = 使用できません
reader-pcscd_unreachable = カード読み取りサービスが応答していません
reader-permission_denied = リーダーを使う権限がありません
reader-no_reader = 接続されていません
reader-unplugged = 取り外されました
reader-device_busy = ほかのプログラムがリーダーを使用中です
reader-driver_missing = 読み取りソフトが入っていません
reader-driver_failed = リーダーが応答していません
reader-stopped = 停止しています
trouble-card_read_too_early = カードを読み取れませんでした
trouble-card_unreadable = カードを読み取れませんでした
trouble-card_in_use = ほかのプログラムがカードを使用中です
trouble-do = いったん離して、もう一度かざしてください。
driver-pcsc = カードリーダー
driver-nfcpy = NFC リーダー
driver-hid = キーボード型リーダー
driver-virtual = 体験用リーダー
driver-other = { $name }
link-server = サーバー
link-online = 接続中
link-sending = { $shown } 件 送信中
link-offline = オフライン
link-kept = 通常どおり使えます
link-kept-waiting = 記録は端末に保存されています・{ $shown } 件 送信待ち
link-problem-not_enrolled = この端末はまだ登録されていません
link-problem-not_enrolled-do = 「登録する」を押し、出たコードを管理画面の「端末」で入力してください。
link-problem-unauthorized = サーバーがこの端末を認めていません
link-problem-unauthorized-do = 記録は端末に残っています。管理者と一緒に登録し直してください。
link-problem-revoked = この端末の登録は取り消されています
link-problem-revoked-do = 記録は端末に残っています。管理者と一緒に登録し直してください。
link-problem-other_site = 登録とは別のサーバーが応答しています
link-problem-other_site-do = 記録は送らずに残しています。管理者に連絡してください。
link-problem-version = 端末とサーバーの版が合っていません
link-problem-version-do = 記録は端末に残っています。端末の更新を管理者に頼んでください。
set-aside = 読み込めなかった記録を保管しています（{ $shown } 件）
set-aside-do = 今の貸出・返却には影響しません。管理者に連絡してください。
lost-title = 端末の準備をしています
lost-do = この画面が変わらないときは、端末の電源を入れ直してください。
lost-retry = 自動で接続し直しています…
lost-starting = 起動しています…
sound-on = 音：オン
sound-off = 音：オフ

## Demo drawer
drawer-title = 体験用カード
drawer-open = 体験用カード
drawer-close = カードをしまう
drawer-how = 押すと、カードをかざしたことになります。
drawer-kind = カードの種類
drawer-items = 道具
drawer-people = 社員証
drawer-search = 名前・番号で探す
drawer-out = 貸出中
drawer-none = 見つかりません
drawer-empty = カードはまだありません

pair-start = 登録する
pair-title = この端末を登録します
pair-choose = つなぐサーバーを選んでください
pair-searching = 近くのサーバーをさがしています…
pair-none-do = 見つからないときは、サーバーの電源とネットワークを確かめるか、アドレスを入力してください。
pair-type = アドレスを入力
pair-address = サーバーのアドレス
pair-address-hint = パソコンで管理画面を開くときのアドレスです。
pair-delete = 1 文字消す
pair-connect = つなぐ
pair-back = 戻る
pair-later = あとで
pair-asking = サーバーにつないでいます…
pair-code-do = 管理画面の「端末」でこのコードを入力してください
pair-code-server = サーバー
pair-code-left = あと { $minutes } 分使えます。切れると新しいコードに変わります。
pair-code-unreachable = サーバーが応答しません。つながるまで待っています。
pair-kept = 送信待ちの記録 { $shown } 件は端末に残っています。登録すると送られます。
pair-problem-bad_address = アドレスとして読めません
pair-problem-bad_address-do = 例: genba.local または https://genba.local
pair-problem-unreachable = サーバーが応答しません
pair-problem-unreachable-do = アドレスと、サーバーの電源、ネットワークを確かめてください。
pair-problem-certificate = サーバーの証明書を確かめられません
pair-problem-certificate-do = サーバーの名前（例 genba.local）で入力してください。それでも出るときは、管理者に連絡してください。
pair-problem-busy = ほかの端末の登録が続いています
pair-problem-busy-do = 1 分ほど待って、もう一度試してください。
pair-problem-refused = 登録が断られました
pair-problem-refused-do = 管理者に確かめてから、もう一度試してください。
pair-problem-disk = 登録を保存できません
pair-problem-disk-do = 端末の空き容量がありません。管理者に連絡してください。
pair-other-title = 前に登録したサーバーとは別のサーバーです
pair-other-do = 送信待ちの記録 { $shown } 件がこのサーバーへ送られ、端末からは消えます。サーバーを入れ替えたと管理者に確かめてから進んでください。
pair-other-no = 登録しない
pair-other-yes = このサーバーに送る

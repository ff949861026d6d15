/* Many WebSocket clients in one light process: who was told last, and when?
 *
 * sockets PORT COUNT SETUP LEAST REQUEST WAITING: opens COUNT connections to 127.0.0.1:PORT, sends each
 * the bytes of REQUEST (the upgrade, a byte of value 1, then a masked first frame), and waits for
 * SETUP text frames on each. Then, for every line on stdin, waits until each socket has been sent
 * a text frame of at least LEAST bytes, and prints when (CLOCK_MONOTONIC, nanoseconds) the first,
 * the middle and the last of them had it. The clients are C so that the servers are what is slow.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HELD = 8192, EVENTS = 512 };

struct client {
    int fd, frames;
    uint32_t told; /* the round it was last told in */
    size_t held;
    unsigned char *kept; /* the beginning of a frame that has not ended */
};

static struct client *clients;
static int count, poller, least, busy;
static uint32_t now_round;
static int64_t *times;
static int told;

static void fail(const char *what) {
    fprintf(stderr, "sockets: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pong(struct client *client, const unsigned char *payload, size_t length) {
    unsigned char frame[131] = {0x8A, (unsigned char)(0x80 | length), 0, 0, 0, 0};
    memcpy(frame + 6, payload, length);
    if (write(client->fd, frame, 6 + length) < 0) fail("pong");
}

/* Takes whole frames from the bytes; returns how many bytes they had. */
static size_t frames(struct client *client, const unsigned char *data, size_t length) {
    size_t used = 0;
    while (length - used >= 2) {
        const unsigned char *frame = data + used;
        size_t head = 2, size = frame[1] & 0x7F;
        if (size == 126) {
            if (length - used < 4) break;
            head = 4;
            size = (size_t)frame[2] << 8 | frame[3];
        } else if (size == 127) {
            errno = EMSGSIZE;
            fail("frame");
        }
        if (length - used < head + size) break;
        int opcode = frame[0] & 0x0F;
        if (opcode == 8) {
            errno = ECONNRESET;
            fail("closed by the server");
        }
        if (opcode == 9) pong(client, frame + head, size);
        if (opcode == 1) {
            client->frames++;
            if ((int)size >= least && client->told != now_round) {
                client->told = now_round;
                times[told++] = now();
            }
        }
        used += head + size;
    }
    return used;
}

static void take(struct client *client) {
    unsigned char data[HELD];
    if (client->held) memcpy(data, client->kept, client->held);
    ssize_t got = recv(client->fd, data + client->held, sizeof data - client->held, 0);
    if (got == 0) errno = ECONNRESET;
    if (got <= 0) fail("receive");
    size_t length = client->held + (size_t)got, used = frames(client, data, length);
    client->held = length - used;
    if (client->held) {
        if (!client->kept && !(client->kept = malloc(HELD))) fail("memory");
        memmove(client->kept, data + used, client->held);
    }
}

static void connect_one(struct client *client, int port, const char *request, size_t length, int setup) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0) fail("socket");
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const char *split = memchr(request, 1, length);
    if (!split) fail("request");
    size_t upgrade = (size_t)(split - request), first = length - upgrade - 1;
    if (write(client->fd, request, upgrade) != (ssize_t)upgrade) fail("upgrade");
    char answer[2048];
    size_t have = 0;
    for (char *end = NULL; !end;) { /* byte by byte: what follows are frames */
        if (have == sizeof answer - 1 || recv(client->fd, answer + have, 1, 0) != 1) fail("answer");
        answer[++have] = 0;
        end = have >= 4 ? strstr(answer + have - 4, "\r\n\r\n") : NULL;
    }
    if (strncmp(answer, "HTTP/1.1 101", 12)) {
        fprintf(stderr, "sockets: %s\n", answer);
        exit(1);
    }
    if (write(client->fd, split + 1, first) != (ssize_t)first) fail("first frame");
    while (client->frames < setup) take(client);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event)) fail("epoll");
}

/* Serves sockets until all were told in this round, or a line comes on stdin (all = 0).
 *
 * WAITING is "busy" or "asleep". Busy, it never sleeps in a round: on one virtual machine a send to
 * a core that sleeps costs the sender several times the rest of the call, or nothing, as the kernel
 * happens to place the two; clients elsewhere cost nothing like it. It takes a core, however. */
static void serve(int all) {
    struct epoll_event events[EVENTS];
    int64_t limit = now() + 30000000000LL;
    while (!all || told < count) {
        int ready = epoll_wait(poller, events, EVENTS, all && busy ? 0 : 1000);
        if (ready < 0 && errno != EINTR) fail("wait");
        if (ready == 0 && all && now() > limit) {
            fprintf(stderr, "sockets: only %d of %d were told\n", told, count);
            exit(1);
        }
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL) return;
            take(events[i].data.ptr);
        }
    }
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    int port = atoi(argv[1]), setup = atoi(argv[3]);
    count = atoi(argv[2]);
    least = atoi(argv[4]);
    busy = !strcmp(argv[6], "busy");
    FILE *file = fopen(argv[5], "rb");
    static char request[4096];
    size_t length = file ? fread(request, 1, sizeof request, file) : 0;
    clients = calloc((size_t)count, sizeof *clients);
    times = calloc((size_t)count, sizeof *times);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!length || !clients || !times || poller < 0) fail("start");
    now_round = 1;
    for (int i = 0; i < count; i++) connect_one(&clients[i], port, request, length, setup);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &event)) fail("stdin");
    puts("ready");
    fflush(stdout);
    for (;;) {
        char line[16];
        serve(0);
        if (read(0, line, sizeof line) <= 0) return 0;
        now_round++;
        told = 0;
        puts("waiting");
        fflush(stdout);
        epoll_ctl(poller, EPOLL_CTL_DEL, 0, NULL);
        serve(1);
        epoll_ctl(poller, EPOLL_CTL_ADD, 0, &event);
        qsort(times, (size_t)count, sizeof *times, by_time);
        printf("%lld %lld %lld\n", (long long)times[0], (long long)times[count / 2],
               (long long)times[count - 1]);
        fflush(stdout);
    }
}

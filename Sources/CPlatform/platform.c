#define _GNU_SOURCE
#include "CPlatform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

_Static_assert(sizeof(struct c_rostrum_iovec) == sizeof(struct iovec), "iovec size");
_Static_assert(
    offsetof(struct c_rostrum_iovec, length) == offsetof(struct iovec, iov_len), "iovec layout");
_Static_assert(sizeof(struct c_rostrum_message) == sizeof(struct mmsghdr), "mmsghdr size");
#define SAME(ours, theirs)                                                                        \
    _Static_assert(                                                                               \
        offsetof(struct c_rostrum_message, ours) == offsetof(struct mmsghdr, theirs), #ours)
SAME(name, msg_hdr.msg_name);
SAME(name_length, msg_hdr.msg_namelen);
SAME(vectors, msg_hdr.msg_iov);
SAME(vector_count, msg_hdr.msg_iovlen);
SAME(control, msg_hdr.msg_control);
SAME(control_length, msg_hdr.msg_controllen);
SAME(flags, msg_hdr.msg_flags);
SAME(length, msg_len);
_Static_assert(sizeof(struct c_rostrum_sockaddr) >= sizeof(struct sockaddr_in6), "sockaddr room");
_Static_assert(
    sizeof(struct c_rostrum_control)
        >= CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct in6_pktinfo))
            + CMSG_SPACE(sizeof(int)),
    "control room");

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static int is_unspecified(const struct c_rostrum_address *address) {
    static const uint8_t zero[16];
    return memcmp(address->bytes, zero, 16) == 0;
}

static int is_mapped(const struct c_rostrum_address *address) {
    return memcmp(address->bytes, mapped_prefix, 12) == 0;
}

// 0.0.0.0: every IPv4 address, and no IPv6 one.
static int is_any_ipv4(const struct c_rostrum_address *address) {
    static const uint8_t zero[4];
    return is_mapped(address) && memcmp(address->bytes + 12, zero, 4) == 0;
}

uint32_t c_rostrum_sockaddr_encode(
    const struct c_rostrum_address *address, int is_ipv6, struct c_rostrum_sockaddr *out) {
    memset(out, 0, sizeof *out);
    if (is_ipv6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address->port);
        memcpy(&v6->sin6_addr, address->bytes, 16);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address->port);
    memcpy(&v4->sin_addr, address->bytes + 12, 4);
    return sizeof *v4;
}

int c_rostrum_sockaddr_decode(
    const struct c_rostrum_sockaddr *in, struct c_rostrum_address *out) {
    const struct sockaddr *any = (const struct sockaddr *)in;
    if (any->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;
        memcpy(out->bytes, &v6->sin6_addr, 16);
        out->port = ntohs(v6->sin6_port);
        return 0;
    }
    if (any->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;
        memcpy(out->bytes, mapped_prefix, 12);
        memcpy(out->bytes + 12, &v4->sin_addr, 4);
        out->port = ntohs(v4->sin_port);
        return 0;
    }
    return -EAFNOSUPPORT;
}

static int bind_socket(int fd, const struct c_rostrum_address *address, int is_ipv6) {
    struct c_rostrum_sockaddr name;
    uint32_t length = c_rostrum_sockaddr_encode(address, is_ipv6, &name);
    return bind(fd, (struct sockaddr *)&name, length) == 0 ? 0 : -errno;
}

static void tune(int fd, int buffer_bytes) {
    int on = 1;
    // The FORCE forms pass rmem_max and wmem_max, and need CAP_NET_ADMIN; the plain ones are
    // clamped. Either may fail: a smaller buffer is a worse server, not a broken one.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

// On an IPv6 socket IPv4 peers are told of in the same way, with mapped addresses.
static void tell_local_address(int fd, int is_ipv6) {
    int on = 1;
    if (is_ipv6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    else
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

int c_rostrum_udp_open(
    const struct c_rostrum_address *address, int buffer_bytes, int shares, int *is_ipv6) {
    int any = is_unspecified(address);
    int result = -EAFNOSUPPORT;
    for (int v6 = 1; v6 >= 0; v6--) {
        if (!any && v6 != !is_mapped(address)) continue;
        int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            result = -errno;
            continue;
        }
        int off = 0, on = 1;
        if (shares) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        if (v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        tune(fd, buffer_bytes);
        if (any || is_any_ipv4(address)) tell_local_address(fd, v6);
        result = bind_socket(fd, address, v6);
        if (result == 0) {
            *is_ipv6 = v6;
            return fd;
        }
        close(fd);
        if (result == -EADDRINUSE) return result;
    }
    return result;
}

int c_rostrum_udp_local_port(int fd) {
    struct c_rostrum_sockaddr name;
    socklen_t length = sizeof name;
    struct c_rostrum_address address;
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0) return -errno;
    int result = c_rostrum_sockaddr_decode(&name, &address);
    return result < 0 ? result : address.port;
}

int c_rostrum_udp_steer(int fd, unsigned count) {
    // Offsets from the IP header: the source port and the (last four bytes of the) source address. With IP
    // options other bytes are taken for the port; such a source may find another socket each time.
    enum { VERSION = SKF_NET_OFF, V4_ADDRESS = SKF_NET_OFF + 12, V4_PORT = SKF_NET_OFF + 20,
           V6_ADDRESS = SKF_NET_OFF + 20, V6_PORT = SKF_NET_OFF + 40 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, VERSION),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 4, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, V4_PORT),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, V4_ADDRESS),
        BPF_STMT(BPF_JMP | BPF_JA, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, V6_PORT),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, V6_ADDRESS),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        // Neighbouring ports and addresses are spread by the upper bits of a product (Fibonacci hashing).
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9E3779B1),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0
        ? 0
        : -errno;
}

int c_rostrum_udp_coalesce(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0 ? 0 : -errno;
}

int c_rostrum_receive(int fd, struct c_rostrum_message *messages, unsigned count) {
    int result = recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
    return result < 0 ? -errno : result;
}

int c_rostrum_send(int fd, struct c_rostrum_message *messages, unsigned count) {
    int result = sendmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
    return result < 0 ? -errno : result;
}

int64_t c_rostrum_receive_time(const struct c_rostrum_message *message) {
    struct msghdr *header = (struct msghdr *)message;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(c), sizeof time);
            return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
        }
    }
    return 0;
}

int c_rostrum_receive_segment(const struct c_rostrum_message *message) {
    struct msghdr *header = (struct msghdr *)message;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            return size;
        }
    }
    return 0;
}

int c_rostrum_receive_local(
    const struct c_rostrum_message *message, struct c_rostrum_address *out) {
    struct msghdr *header = (struct msghdr *)message;
    out->port = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            // A link-local address needs its interface as well: left to the kernel.
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) return -ENOENT;
            memcpy(out->bytes, &info.ipi6_addr, 16);
            return 0;
        }
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(out->bytes, mapped_prefix, 12);
            memcpy(out->bytes + 12, &info.ipi_spec_dst, 4);
            return 0;
        }
    }
    return -ENOENT;
}

// Writes one control message at `offset`, and returns where the next one goes.
static size_t put_control(
    struct c_rostrum_control *control, size_t offset, int level, int type, const void *data,
    size_t size) {
    struct cmsghdr *c = (struct cmsghdr *)((char *)control + offset);
    c->cmsg_len = CMSG_LEN(size);
    c->cmsg_level = level;
    c->cmsg_type = type;
    memcpy(CMSG_DATA(c), data, size);
    return offset + CMSG_SPACE(size);
}

void c_rostrum_set_control(
    struct c_rostrum_message *message, struct c_rostrum_control *control, uint16_t segment_size,
    const struct c_rostrum_address *local, int is_ipv6) {
    size_t end = 0;
    if (segment_size > 0)
        end = put_control(
            control, end, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof segment_size);
    if (local != NULL && is_ipv6) {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, local->bytes, 16);
        end = put_control(control, end, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else if (local != NULL) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->bytes + 12, 4);
        end = put_control(control, end, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
    message->control = end > 0 ? control : NULL;
    message->control_length = end;
}

void c_rostrum_clear_segments(struct c_rostrum_message *message) {
    // It comes first (see c_rostrum_set_control).
    size_t size = CMSG_SPACE(sizeof(uint16_t));
    message->control_length -= size;
    message->control = message->control_length > 0 ? (char *)message->control + size : NULL;
}

// Gives a device an address and a network mask.
static int set_address(int control, const char *name, uint32_t ipv4, int prefix) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(ipv4);
    if (ioctl(control, SIOCSIFADDR, &request) != 0) return -errno;
    address->sin_addr.s_addr = htonl(0xFFFFFFFFu << (32 - prefix));
    return ioctl(control, SIOCSIFNETMASK, &request) == 0 ? 0 : -errno;
}

static int bring_up(int control, const char *name) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(control, SIOCGIFFLAGS, &request) != 0) return -errno;
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    return ioctl(control, SIOCSIFFLAGS, &request) == 0 ? 0 : -errno;
}

// In the calling thread's namespace.
static int open_tunnel(const char *name, uint32_t ipv4, int prefix, int *step) {
    *step = C_ROSTRUM_TUNNEL_OPEN;
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    *step = C_ROSTRUM_TUNNEL_ATTACH;
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    int result = ioctl(fd, TUNSETIFF, &request) == 0 ? 0 : -errno;
    int control = result < 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (result == 0 && control < 0) result = -errno;
    if (result == 0 && prefix > 0) {
        *step = C_ROSTRUM_TUNNEL_ADDRESS;
        result = set_address(control, name, ipv4, prefix);
    }
    if (result == 0 && prefix > 0) {
        *step = C_ROSTRUM_TUNNEL_UP;
        result = bring_up(control, name);
    }
    if (control >= 0) close(control);
    if (result == 0) return fd;
    close(fd);
    return result;
}

int c_rostrum_tunnel_open(
    const char *name, const char *network, uint32_t ipv4, int prefix, int *step) {
    if (network == NULL) return open_tunnel(name, ipv4, prefix, step);
    *step = C_ROSTRUM_TUNNEL_NAMESPACE;
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    int other = open(network, O_RDONLY | O_CLOEXEC);
    int result = other < 0 || setns(other, CLONE_NEWNET) != 0 ? -errno : 0;
    if (other >= 0) close(other);
    if (result == 0) {
        result = open_tunnel(name, ipv4, prefix, step);
        // A thread that were left there would open its next sockets there.
        if (setns(own, CLONE_NEWNET) != 0) abort();
    }
    close(own);
    return result;
}

long c_rostrum_tunnel_read(int fd, void *bytes, size_t count) {
    ssize_t result = read(fd, bytes, count);
    return result < 0 ? -errno : result;
}

long c_rostrum_tunnel_write(int fd, const void *bytes, size_t count) {
    ssize_t result = write(fd, bytes, count);
    return result < 0 ? -errno : result;
}

int c_rostrum_epoll_open(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int c_rostrum_epoll_add(int epoll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int c_rostrum_epoll_wait(int epoll, uint64_t *tokens, int count, int64_t timeout_ns) {
    struct epoll_event events[256];
    struct timespec limit = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    if (count > 256) count = 256;
    int result = epoll_pwait2(epoll, events, count, timeout_ns < 0 ? NULL : &limit, NULL);
    if (result < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < result; i++) tokens[i] = events[i].data.u64;
    return result;
}

int c_rostrum_event_open(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void c_rostrum_event_signal(int fd) {
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

void c_rostrum_event_clear(int fd) {
    uint64_t value;
    ssize_t ignored = read(fd, &value, sizeof value);
    (void)ignored;
}

void c_rostrum_close(int fd) { close(fd); }

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t c_rostrum_monotonic_ns(void) { return read_clock(CLOCK_MONOTONIC); }
int64_t c_rostrum_wall_ns(void) { return (int64_t)read_clock(CLOCK_REALTIME); }
void c_rostrum_sleep_until(uint64_t monotonic_ns) {
    struct timespec moment = {
        (time_t)(monotonic_ns / 1000000000u), (long)(monotonic_ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) == EINTR) {
    }
}

uint64_t c_rostrum_thread_cpu_ns(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

void c_rostrum_prepare_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

void c_rostrum_prefer_thread(void) {
    // A nice value is a thread's own on Linux. No real-time class: a worker that is busy all the time
    // must leave something to the threads that answer HTTP.
    setpriority(PRIO_PROCESS, 0, -10);
}

int c_rostrum_pin_thread(int place) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -errno;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || place-- > 0) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return -pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    }
    return -EINVAL;
}

int c_rostrum_cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set);
}

int64_t c_rostrum_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int c_rostrum_ipv4_addresses(uint32_t *out, int count) {
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0) return -errno;
    int found = 0;
    for (struct ifaddrs *item = list; item != NULL && found < count; item = item->ifa_next) {
        if (item->ifa_addr == NULL || item->ifa_addr->sa_family != AF_INET) continue;
        if (!(item->ifa_flags & IFF_UP)) continue;
        struct sockaddr_in *v4 = (struct sockaddr_in *)item->ifa_addr;
        out[found++] = ntohl(v4->sin_addr.s_addr);
    }
    freeifaddrs(list);
    return found;
}
